import { childExit, sendSignal, shellCode, spawnChild } from "./children.ts";

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
}

const NOT_FOUND = 127;

/** Runs a system tool to its end and returns what it printed. Never throws for a failing command. */
export async function run(command: string[], options: RunOptions = {}): Promise<RunResult> {
  let child: ReturnType<typeof spawnChild>;
  try {
    child = spawnChild({
      command,
      env: options.env ?? { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      stdin: options.input === undefined ? "ignore" : new Blob([options.input]),
      stdout: "pipe",
      stderr: "pipe",
    });
  } catch (error) {
    return { code: NOT_FOUND, stdout: "", stderr: String(error) };
  }
  const kill = () => sendSignal(-child.pid, "KILL");
  if (options.signal?.aborted) kill();
  options.signal?.addEventListener("abort", kill);
  try {
    const [stdout, stderr] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { code: shellCode(childExit(child)), stdout, stderr };
  } finally {
    options.signal?.removeEventListener("abort", kill);
  }
}
