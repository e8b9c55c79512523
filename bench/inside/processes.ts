import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Processes of the supervisor itself: neither the programs, nor what measures them, nor what `docker exec` runs. */
export function supervisorPids(): number[] {
  const pids = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return pids.filter((pid) => {
    try {
      if (readlinkSync(`/proc/${pid}/exe`) === "/programs/probe") return false;
      return pid === 1 || rootOf(pid) === 1;
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

/** Processor time of a process and of what it has waited for, in milliseconds. */
export function cpuMilliseconds(pid: number): number {
  const [user = 0, system = 0] = statFields(pid).slice(11, 13).map(Number);
  return (user + system) * MILLISECONDS_PER_TICK;
}

/** Times in nanoseconds from a file of the probe's notes; none when there is no file yet. */
export function notes(path: string): number[] {
  try {
    return readFileSync(path, "utf8")
      .trim()
      .split("\n")
      .filter(Boolean)
      .map((line) => Number(line.split(" ")[0]));
  } catch {
    return [];
  }
}

/** Waits until a condition holds. */
export async function until(condition: () => boolean, milliseconds = 2): Promise<void> {
  while (!condition()) await Bun.sleep(milliseconds);
}
