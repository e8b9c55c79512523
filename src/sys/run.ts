import { ShellCode } from "../errors.ts";
import { childExit, sendSignal, shellCode, spawnChild } from "./children.ts";
import { DEFAULT_PATH } from "./which.ts";

export interface RunOptions {
  env?: Record<string, string>;
  cwd?: string;
  /** Text for standard input. */
  input?: string;
  /** Ends the command and everything in its process group. */
  signal?: AbortSignal;
}

export interface RunResult {
  /** Exit code as shells report it: 128+n for signal n, 127 when the command is not there. */
  code: number;
  stdout: string;
  stderr: string;
  /** For a command that no signal ends: resolves when it has ended after all. */
  left?: Promise<unknown>;
}

/**
 * How often, and for how long each time, the end of the output is waited for once the command has ended. In
 * several waits, so that output that is there is read first even when this process was held up meanwhile.
 */
const LAST_WAITS = 4;
const LAST_WAIT_MILLISECONDS = 50;
/** What a killed command gets to end; one that the kernel holds may take for ever. */
const KILL_MILLISECONDS = 200;

/**
 * Runs a system tool to its end and returns what it printed. Never throws for a failing command. What it leaves
 * running may hold its output open; that, and a command that no signal ends, is not waited for.
 */
export async function run(command: string[], options: RunOptions = {}): Promise<RunResult> {
  let child: ReturnType<typeof spawnChild>;
  try {
    child = spawnChild({
      command,
      env: options.env ?? { PATH: DEFAULT_PATH },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      stdin: options.input === undefined ? "ignore" : new Blob([options.input]),
      stdout: "pipe",
      stderr: "pipe",
    });
  } catch (error) {
    return { code: ShellCode.notFound, stdout: "", stderr: String(error) };
  }
  const aborted = Promise.withResolvers<void>();
  const kill = () => {
    sendSignal(-child.pid, "KILL");
    aborted.resolve();
  };
  if (options.signal?.aborted) kill();
  options.signal?.addEventListener("abort", kill);
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  try {
    await Promise.race([child.exited, aborted.promise]);
    const outputs = Promise.all([stdout.ended, stderr.ended]);
    for (let wait = 0; wait < LAST_WAITS; wait++) {
      if (await within(LAST_WAIT_MILLISECONDS, outputs, aborted.promise)) break;
    }
    if (options.signal?.aborted) await within(KILL_MILLISECONDS, child.exited);
  } finally {
    options.signal?.removeEventListener("abort", kill);
  }
  const exit = childExit(child);
  const isLeft = exit.code === null && exit.signal === null;
  if (isLeft) child.unref();
  const code = isLeft ? ShellCode.killed : shellCode(exit);
  const outputs = { stdout: stdout.cancel(), stderr: stderr.cancel() };
  return { code, ...outputs, ...(isLeft ? { left: child.exited } : {}) };
}

/** Reads a stream as it comes. `cancel` stops that and gives the text there is. */
function collect(stream: ReadableStream<Uint8Array>) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  const read = async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
    }
  };
  return {
    // What cannot be read any more has ended.
    ended: read().catch(() => undefined),
    cancel() {
      void reader.cancel().catch(() => undefined);
      return text + decoder.decode();
    },
  };
}

/** Resolves with true when one of them does, with false when the time is up. */
async function within(milliseconds: number, ...ends: Promise<unknown>[]): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), milliseconds);
  const ended = ends.map((end) => end.then(() => true));
  return await Promise.race([promise, ...ended]).finally(() => clearTimeout(timer));
}
