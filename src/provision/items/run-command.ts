import { messageOf, ShellCode } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { ProcessTree } from "../../supervisor/process-tree.ts";
import { childExit, shellCode, spawnChild } from "../../sys/children.ts";
import type { CommandOptions, CommandResult } from "./context.ts";

/** What a command and all it has started get between SIGTERM and SIGKILL. */
const KILL_AFTER_SECONDS = 2;
const MOST_OUTPUT = 64 * 1024;

/**
 * Runs a command in a process group of its own. Output is logged line by line, or with `quiet` only collected. An abort
 * ends the command and all that it has started.
 */
export async function runCommand(
  command: string[],
  options: CommandOptions & { env: Record<string, string>; signal: AbortSignal; log: Logger },
): Promise<CommandResult> {
  const { cwd, quiet, env, signal, log } = options;
  const tree = new ProcessTree();
  let child: ReturnType<typeof spawnChild>;
  try {
    const directory = cwd === undefined ? {} : { cwd };
    child = tree.spawn(() => spawnChild({ command, env, ...directory, stdout: "pipe", stderr: "pipe" }));
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
    output = `${output}${line}\n`.slice(-MOST_OUTPUT);
    if (quiet !== true && line.trim() !== "") log.info(line);
  };
  await Promise.all([readLines(child.stdout, take), readLines(child.stderr, take), child.exited]);
  signal.removeEventListener("abort", end);
  await ended;
  return { code: shellCode(childExit(child)), output };
}

/** Calls `take` for each line; of a line that a carriage return rewrites (progress bars), for its last state. */
async function readLines(stream: unknown, take: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(lastState(line));
    // A progress bar that never ends its line.
    if (rest.length > MOST_OUTPUT) rest = rest.slice(-MOST_OUTPUT);
  }
  if (rest !== "") take(lastState(rest));
}

const lastState = (line: string) => line.replace(/\r$/, "").split("\r").at(-1) ?? "";
