import { readdirSync, readFileSync } from "node:fs";

/** One process as /proc/PID/stat shows it (proc_pid_stat(5)). */
export interface ProcessInfo {
  pid: number;
  ppid: number;
  /** `Z` is a zombie. */
  state: string;
  /** Ticks since boot; with the pid it names one process for good. */
  startTime: string;
}

/** A process, or undefined when there is none of that pid. */
export function readProcess(pid: number): ProcessInfo | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // The name in parentheses may hold anything, parentheses included.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { pid, state: fields[0] ?? "", ppid: Number(fields[1]), startTime: fields[19] ?? "" };
}

/** A reading of /proc, which the kernel does not give as of one moment. */
export interface ProcessList {
  processes: ProcessInfo[];
  /** False when a process had ended by the time of its turn: a child forked meanwhile may be missing. */
  isSettled: boolean;
}

/** Reads every process that this namespace shows, zombies included. */
export function scanProcesses(): ProcessList {
  const pids = readdirSync("/proc").filter((name) => /^\d/.test(name));
  const processes = pids.map((name) => readProcess(Number(name))).filter((info) => info !== undefined);
  const isSettled = processes.length === pids.length && processes.every(({ state }) => state !== "Z");
  return { processes, isSettled };
}

/** Every process that this namespace shows. */
export const listProcesses = (): ProcessInfo[] => scanProcesses().processes;

/** Finds everything below a process, that itself excluded, parents before children. */
export function descendantFinder(processes: readonly ProcessInfo[]): (root: number) => ProcessInfo[] {
  const children = Map.groupBy(processes, (info) => info.ppid);
  return (root) => {
    const found = [...(children.get(root) ?? [])];
    // Grows while it is read.
    for (const { pid } of found) found.push(...(children.get(pid) ?? []));
    return found;
  };
}

/** Everything below one process, parents before children. */
export function descendantsOf(root: number, processes: readonly ProcessInfo[]): ProcessInfo[] {
  return descendantFinder(processes)(root);
}

/** True while exactly this process runs; a zombie or another one of the same pid does not count. */
export function isRunning(info: ProcessInfo): boolean {
  const now = readProcess(info.pid);
  return now !== undefined && now.startTime === info.startTime && now.state !== "Z";
}

/** The mark that markChildren (libc.ts) has given a process, or undefined. */
export function readMark(pid: number): number | undefined {
  try {
    const [, mark] = /^Max file locks +(\d+) /m.exec(readFileSync(`/proc/${pid}/limits`, "latin1")) ?? [];
    return mark === undefined ? undefined : Number(mark);
  } catch {
    return undefined;
  }
}

const LISTEN = "0A";

/** The TCP ports that some socket listens on, on any address. The kernel takes milliseconds to tell. */
export function listeningPorts(): Set<number> {
  const lines = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((path) => {
    try {
      return readFileSync(path, "latin1").split("\n");
    } catch {
      return [];
    }
  });
  const fields = lines.map((line) => line.trim().split(/\s+/));
  return new Set(
    fields
      .filter(([, , , state]) => state === LISTEN)
      .map(([, local = ""]) => parseInt(local.slice(local.lastIndexOf(":") + 1), 16)),
  );
}
