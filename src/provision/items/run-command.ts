import { messageOf, ShellCode } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { ProcessTree } from "../../supervisor/process-tree.ts";
import { childExit, shellCode, spawnChild } from "../../sys/children.ts";
import type { CommandOptions, CommandResult } from "./command-options.ts";

/** What a command and all it has started get between SIGTERM and SIGKILL. */
const KILL_AFTER_SECONDS = 2;
const MOST_OUTPUT = 64 * 1024;
/** How long to wait for the rest of the output when a background process still holds the pipe. */
const LAST_OUTPUT_MILLISECONDS = 200;

/**
 * Runs a command in a process group of its own. Output is logged line by line, or with `quiet` only collected. An abort
 * ends the command and all that it has started. What it leaves in the background is not waited for.
 */
export async function runCommand(
  command: string[],
  options: Omit<CommandOptions, "isClean"> & {
    env: Record<string, string>;
    signal: AbortSignal;
    log: Logger;
  },
): Promise<CommandResult> {
  const { cwd, quiet, holds, input, output: most = MOST_OUTPUT, env, signal, log } = options;
  const tree = new ProcessTree();
  let child: ReturnType<typeof spawnChild>;
  try {
    const more = {
      ...(cwd === undefined ? {} : { cwd }),
      ...(holds === undefined ? {} : { more: [holds] }),
      ...(input === undefined ? {} : { stdin: new Blob([input]) }),
    };
    child = tree.spawn(() => spawnChild({ command, env, ...more, stdout: "pipe", stderr: "pipe" }));
  } catch (error) {
    return { code: ShellCode.notFound, output: messageOf(error) };
  }
  let ended: Promise<unknown> | undefined;
  const end = () => {
    ended ??= tree.end("TERM", KILL_AFTER_SECONDS, child.pid);
  };
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  let output = "";
  const take = (line: string) => {
    output += `${line}\n`;
    // Not for each line: that would copy all of it.
    if (output.length > 2 * most) output = output.slice(-most);
    if (quiet !== true && line.trim() !== "") log.info(line);
  };
  const readers = [child.stdout, child.stderr].map((stream) => new LineReader(stream, take));
  await child.exited;
  signal.removeEventListener("abort", end);
  await ended;
  const isRead = Promise.all(readers.map(async ({ ended: closed }) => closed)).then(() => true);
  const isClosed = await Promise.race([isRead, Bun.sleep(LAST_OUTPUT_MILLISECONDS)]);
  if (isClosed !== true) for (const reader of readers) reader.stop();
  return { code: shellCode(childExit(child)), output: output.slice(-most) };
}

/** Calls `take` for each line; of a line that a carriage return rewrites (progress bars), for its last state. */
class LineReader {
  /** Resolves at the end of the stream, or once it is stopped. */
  readonly ended: Promise<void>;
  readonly #reader: { read(): Promise<{ value?: Uint8Array; done: boolean }>; cancel(): Promise<unknown> };

  constructor(stream: unknown, take: (line: string) => void) {
    this.#reader = (stream as ReadableStream<Uint8Array>).getReader() as never;
    this.ended = this.#read(take);
  }

  stop(): void {
    void this.#reader.cancel();
  }

  async #read(take: (line: string) => void): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { value, done } = await this.#reader.read();
      if (done) break;
      rest += decoder.decode(value, { stream: true });
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) take(lastState(line));
      // A progress bar that never ends its line.
      if (rest.length > MOST_OUTPUT) rest = rest.slice(-MOST_OUTPUT);
    }
    if (rest !== "") take(lastState(rest));
  }
}

const lastState = (line: string) => line.replace(/\r$/, "").split("\r").at(-1) ?? "";
