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

function read(path: string): string | undefined {
  try {
    return readIfExists(path);
  } catch {
    return undefined;
  }
}
