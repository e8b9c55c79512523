import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { errnoOf } from "../errors.ts";
import { adoptsOrphans } from "./libc.ts";
import { withInheritedOpenFiles } from "./open-files.ts";

/** Children that Bun itself waits for; the reaper must leave their status to it. */
const own = new Map<number, ExitListener | undefined>();

/** True while a process that was started by spawnChild has not been waited for by Bun. */
export function isOwnChild(pid: number): boolean {
  return own.has(pid);
}

/**
 * True where this process may have children that nobody has started by spawnChild: orphans of those that were. Also true
 * where the kernel does not tell (CONFIG_PROC_CHILDREN), or orphans come to another process.
 */
export function mayHaveOrphans(): boolean {
  if (!adoptsOrphans()) return true;
  try {
    const pids = readFileSync(`/proc/self/task/${process.pid}/children`, "latin1");
    return pids.split(" ").some((pid) => pid !== "" && !isOwnChild(Number(pid)));
  } catch {
    return true;
  }
}

const exitListeners = new Set<() => void>();

/** Calls `listener` after every end of a child that was started by spawnChild. The result ends that. */
export function onChildExit(listener: () => void): () => void {
  exitListeners.add(listener);
  return () => exitListeners.delete(listener);
}

export interface ChildExit {
  /** Exit code, or null when a signal ended it. */
  code: number | null;
  /** Signal name without SIG, or null. */
  signal: string | null;
}

/** What is told of the end of a process. */
export interface ExitListener {
  /** `cpuSeconds`: what the process has used, and whatever below it that was waited for. */
  exited(exit: ChildExit, cpuSeconds: number): void;
}

export interface ChildOptions {
  command: string[];
  env: Record<string, string>;
  cwd?: string;
  stdin?: "ignore" | "inherit" | number | Blob;
  stdout: "ignore" | "pipe" | "inherit" | number;
  stderr: "ignore" | "pipe" | "inherit" | number;
  /** Open files that the process finds from descriptor 3 on; each of a higher number than any of those there. */
  more?: readonly number[] | undefined;
  /** In the caller's session and process group instead of its own; for terminals. */
  attached?: boolean;
  umask?: number;
  listener?: ExitListener;
}

/** Starts a process and registers it before the event loop can turn. Throws with an errno `code`. */
export function spawnChild(options: ChildOptions) {
  const before = options.umask === undefined ? undefined : process.umask(options.umask);
  try {
    const child = withInheritedOpenFiles(options.command, (command) =>
      Bun.spawn(command, {
        env: options.env,
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        stdio: [
          (options.stdin ?? "ignore") as "ignore",
          options.stdout as "pipe",
          options.stderr as "pipe",
          ...(options.more ?? []),
        ],
        detached: !options.attached,
        // No closure: Bun would keep the options, a whole environment among them, as long as the process runs.
        onExit: tellExit,
      }),
    );
    own.set(child.pid, options.listener);
    return child;
  } finally {
    if (before !== undefined) process.umask(before);
  }
}

function tellExit(child: Pick<Bun.Subprocess, "pid" | "exitCode" | "signalCode" | "resourceUsage">): void {
  const listener = own.get(child.pid);
  own.delete(child.pid);
  listener?.exited(childExit(child), Number(child.resourceUsage()?.cpuTime.total ?? 0) / 1e6);
  for (const listen of exitListeners) listen();
}

/** How a child that has ended did so; real-time signals keep their number as name. */
export function childExit(child: Pick<Bun.Subprocess, "exitCode" | "signalCode">): ChildExit {
  const { exitCode, signalCode } = child;
  return { code: exitCode, signal: signalCode === null ? null : String(signalCode).replace(/^SIG/, "") };
}

/** The exit code a shell would report: 128+n for signal n. */
export function shellCode({ code, signal }: ChildExit): number {
  if (signal === null) return code ?? 0;
  return 128 + (signalNumber(signal) ?? 0);
}

/** The number of a signal by its name, with or without SIG, or by its number; undefined when there is none. */
export function signalNumber(name: string): number | undefined {
  const upper = name.toUpperCase();
  if (/^\d+$/.test(upper)) return Number(upper) >= 1 && Number(upper) <= 64 ? Number(upper) : undefined;
  const full = upper.startsWith("SIG") ? upper : `SIG${upper}`;
  return (constants.signals as Record<string, number>)[full];
}

/** Sends a signal to the process group of a process, or to the process itself as long as it has not made one. */
export function signalGroup(pid: number, signal: string): boolean {
  return sendSignal(-pid, signal) || sendSignal(pid, signal);
}

/** Sends a signal to a process, or with a negative pid to its group. False when nobody is there to take it. */
export function sendSignal(pid: number, signal: string): boolean {
  try {
    return process.kill(pid, signalNumber(signal));
  } catch (error) {
    // EPERM: a container without root cannot end what sudo has started; that must not end the stop.
    if (["ESRCH", "EPERM"].includes(errnoOf(error) ?? "")) return false;
    throw error;
  }
}
