import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Whether a process is one of the bench itself: a supervised program, or the reader of the container's output. */
export function isOfBench(pid: number): boolean {
  return readlinkSync(`/proc/${pid}/exe`).startsWith("/programs/");
}

/** The processes of this container. */
export function allPids(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Processes of the supervisor itself: neither the programs, nor what measures them, nor what `docker exec` runs. */
export function supervisorPids(): number[] {
  return allPids().filter((pid) => {
    try {
      return !isOfBench(pid) && (pid === 1 || rootOf(pid) === 1);
    } catch {
      return false;
    }
  });
}

/** The ancestor that has no parent in this container: 1, or a process of `docker exec`. */
function rootOf(pid: number): number {
  const parent = Number(statFields(pid)[1]);
  return parent === 0 ? pid : rootOf(parent);
}

/** The fields of /proc/PID/stat from the state on. */
export function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

const MILLISECONDS_PER_TICK = 10;

/** Processor time of the supervisor's processes so far, in milliseconds, in steps of 10. */
export function supervisorCpu(): number {
  return supervisorPids().reduce((total, pid) => {
    const [user = 0, system = 0] = statFields(pid).slice(11, 13).map(Number);
    return total + (user + system) * MILLISECONDS_PER_TICK;
  }, 0);
}

const QUIET_MILLISECONDS = 200;

/** Waits until the supervisor has used no processor time for a while. */
export async function untilQuiet(): Promise<void> {
  for (let before = -1, now = supervisorCpu(); now !== before; now = supervisorCpu()) {
    before = now;
    await Bun.sleep(QUIET_MILLISECONDS);
  }
}

/** Milliseconds on the monotonic clock at which a process was made, in steps of 10. */
export function birth(pid: number): number {
  return Number(statFields(pid)[19]) * MILLISECONDS_PER_TICK;
}

export interface Note {
  /** Nanoseconds of the monotonic clock, and of the time of day. */
  at: number;
  date: number;
  pid: number;
}

/** What the probe has noted in a file; nothing when there is no file yet. */
export function notes(path: string): Note[] {
  try {
    return readFileSync(path, "utf8")
      .trim()
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const [at = 0, pid = 0, date = 0] = line.split(" ").map(Number);
        return { at, pid, date };
      });
  } catch {
    return [];
  }
}

/** Waits until a condition holds. */
export async function until(condition: () => boolean, milliseconds = 2): Promise<void> {
  while (!condition()) await Bun.sleep(milliseconds);
}
