import { readdirSync, readFileSync } from "node:fs";

/** USER_HZ, which Linux has fixed at 100 for all programs. */
const TICKS_PER_SECOND = 100;

/** What a process uses, as /proc/PID/stat shows it to every user (proc_pid_stat(5)). */
export interface ProcessUsage {
  pid: number;
  ppid: number;
  /** Of the process, and of its children that have ended and were waited for, and of theirs. */
  cpuSeconds: number;
  /** Pages that processes share are counted for each of them. */
  residentBytes: number;
}

/** What a process uses, a zombie included; undefined where there is no process of that pid. */
export function readUsage(pid: number | string): ProcessUsage | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // The name in parentheses may hold anything, parentheses included; the state, field 3, comes first behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const field = (number: number) => Number(fields[number - 3] ?? 0);
  const ticks = field(14) + field(15) + field(16) + field(17);
  return {
    pid: Number(pid),
    ppid: field(4),
    cpuSeconds: ticks / TICKS_PER_SECOND,
    residentBytes: Math.max(0, field(24)) * pageBytes(),
  };
}

/** What all processes of this namespace use, by pid. */
export function readUsages(): Map<number, ProcessUsage> {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return new Map(
    pids.flatMap((name): [number, ProcessUsage][] => {
      const usage = readUsage(name);
      return usage === undefined ? [] : [[usage.pid, usage]];
    }),
  );
}

const AT_PAGESZ = 6n;
const USUAL_PAGE_BYTES = 4096;
let known: number | undefined;

/** The size of a page, as the kernel has told this process at its start (getauxval(3)). */
function pageBytes(): number {
  if (known !== undefined) return known;
  known = USUAL_PAGE_BYTES;
  try {
    const bytes = readFileSync("/proc/self/auxv");
    for (let at = 0; at + 16 <= bytes.length; at += 16)
      if (bytes.readBigUInt64LE(at) === AT_PAGESZ) known = Number(bytes.readBigUInt64LE(at + 8));
  } catch {
    // A process that has given up rights may not read that of its own.
  }
  return known;
}
