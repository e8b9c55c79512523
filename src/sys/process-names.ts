import { readdirSync, readFileSync } from "node:fs";

/** A process by the name that the kernel has for it, 15 characters at most. */
export interface NamedProcess {
  pid: number;
  ppid: number;
  name: string;
}

/**
 * All processes by /proc/PID/stat. Not by their command lines: to read one, the kernel waits for the memory of that process,
 * which a hung file system may hold.
 */
export function namedProcesses(proc = "/proc"): NamedProcess[] {
  return readdirSync(proc).flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const stat = readFileSync(`${proc}/${entry}/stat`, "latin1");
      // The name may hold anything, parentheses included.
      const [begin, end] = [stat.indexOf("("), stat.lastIndexOf(")")];
      const [, ppid] = stat.slice(end + 2).split(" ", 2);
      return [{ pid: Number(entry), ppid: Number(ppid), name: stat.slice(begin + 1, end) }];
    } catch {
      // It has ended.
      return [];
    }
  });
}
