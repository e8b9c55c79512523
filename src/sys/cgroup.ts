import { readIfExists } from "./fs.ts";

/** Where a container sees its own control group: the second version as a whole, the first by controller. */
const ROOT = "/sys/fs/cgroup";

/** How many processes of this container the kernel has killed for lack of memory; undefined where it does not tell. */
export function oomKills(root = ROOT): number | undefined {
  const text = read(`${root}/memory.events`) ?? read(`${root}/memory/memory.oom_control`);
  const count = /^oom_kill (\d+)$/m.exec(text ?? "")?.[1];
  return count === undefined ? undefined : Number(count);
}

/** Larger values stand for no limit. */
const LARGEST_LIMIT_BYTES = 2 ** 50;

/** How much memory this container may use, in bytes; undefined without a limit. */
export function memoryLimit(root = ROOT): number | undefined {
  const text = read(`${root}/memory.max`) ?? read(`${root}/memory/memory.limit_in_bytes`);
  const bytes = Number(text?.trim() || Number.NaN);
  return bytes < LARGEST_LIMIT_BYTES ? bytes : undefined;
}

/** How many processes and threads this container may still start; undefined without a limit. */
export function freeProcesses(root = ROOT): number | undefined {
  const pids = (name: string) =>
    Number((read(`${root}/pids.${name}`) ?? read(`${root}/pids/pids.${name}`))?.trim());
  const free = pids("max") - pids("current");
  return Number.isNaN(free) ? undefined : Math.max(0, free);
}

function read(path: string): string | undefined {
  try {
    return readIfExists(path);
  } catch {
    return undefined;
  }
}
