import { closeSync, openSync } from "node:fs";
import { messageOf, ShellCode } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { drainPipe } from "../../logs/write/drain-pipe.ts";
import { leavePipe, type PipeOwner, readPipe } from "../../logs/write/pipe-reader.ts";
import { ProcessTree } from "../../supervisor/process-tree.ts";
import { childExit, shellCode, spawnChild } from "../../sys/children.ts";
import { pipe } from "../../sys/pipes.ts";
import type { CommandOptions, CommandResult } from "./command-options.ts";

/** What a command and all it has started get between SIGTERM and SIGKILL. */
const KILL_AFTER_SECONDS = 2;
const MOST_OUTPUT = 64 * 1024;
/** How long to wait for the rest of the output when a background process still holds the pipe. */
const LAST_OUTPUT_MILLISECONDS = 200;

interface Surroundings {
  env: Record<string, string>;
  signal: AbortSignal;
  log: Logger;
  /** The file for the output of what a command leaves in the background. */
  rest: string;
}

/**
 * Runs a command in a process group of its own. Output is logged line by line, or with `quiet` only collected. An abort
 * ends the command and all that it has started. What it leaves in the background is not waited for, and may write on.
 */
export async function runCommand(
  command: string[],
  options: Omit<CommandOptions, "as"> & Surroundings,
): Promise<CommandResult> {
  const { cwd, quiet, holds, input, output: most = MOST_OUTPUT, env, signal, log, rest } = options;
  const tree = new ProcessTree();
  const { read, write } = pipe();
  const stderr = options.withoutErrors === true ? "ignore" : write;
  let child: ReturnType<typeof spawnChild>;
  try {
    const more = {
      ...(cwd === undefined ? {} : { cwd }),
      ...(holds === undefined ? {} : { more: [holds] }),
      ...(input === undefined ? {} : { stdin: new Blob([input]) }),
    };
    child = tree.spawn(() => spawnChild({ command, env, ...more, stdout: write, stderr }));
  } catch (error) {
    closeSync(read);
    return { code: ShellCode.notFound, output: messageOf(error) };
  } finally {
    closeSync(write);
  }
  let ended: Promise<unknown> | undefined;
  const end = () => {
    ended ??= tree.end("TERM", KILL_AFTER_SECONDS, child.pid);
  };
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  let output = "";
  const lines = new Lines((line) => {
    output += `${line}\n`;
    // Not for each line: that would copy all of it.
    if (output.length > 2 * most) output = output.slice(-most);
    if (quiet !== true && line.trim() !== "") log.info(line);
  });
  readPipe(read, lines);
  await child.exited;
  signal.removeEventListener("abort", end);
  await ended;
  const isClosed = await Promise.race([lines.ended, Bun.sleep(LAST_OUTPUT_MILLISECONDS)]);
  if (isClosed !== true) {
    leavePipe(read);
    lines.end();
    // Without a reader, SIGPIPE would end that process. Ours does not block, which others take for an error.
    drainPipe(openSync(`/proc/self/fd/${read}`, "r"), rest);
  }
  closeSync(read);
  return { code: shellCode(childExit(child)), output: output.slice(-most) };
}

/** Calls `take` for each line; of a line that a carriage return rewrites (progress bars), for its last state. */
class Lines implements PipeOwner {
  readonly #take: (line: string) => void;
  readonly #ended = Promise.withResolvers<true>();
  readonly #decoder = new TextDecoder();
  #rest = "";

  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  get ended(): Promise<true> {
    return this.#ended.promise;
  }

  canRead(): boolean {
    return true;
  }

  take(bytes: Uint8Array): void {
    const lines = `${this.#rest}${this.#decoder.decode(bytes, { stream: true })}`.split("\n");
    // A progress bar may never end its line.
    this.#rest = (lines.pop() ?? "").slice(-MOST_OUTPUT);
    for (const line of lines) this.#take(lastState(line));
  }

  end(): void {
    if (this.#rest !== "") this.#take(lastState(this.#rest));
    this.#rest = "";
    this.#ended.resolve(true);
  }
}

const lastState = (line: string) => line.replace(/\r$/, "").split("\r").at(-1) ?? "";
