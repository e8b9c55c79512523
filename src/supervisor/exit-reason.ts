import type { ChildExit } from "../sys/children.ts";
import { memoryLimit, oomKills } from "../sys/cgroup.ts";

const MEBIBYTE = 1024 ** 2;

/** How a process ended, in words: "exit code 3", "killed by SIGKILL: out of memory". `memory` is what OutOfMemory says. */
export function describeExit({ code, signal }: ChildExit, memory: string | undefined): string {
  if (signal === null) return `exit code ${code}`;
  return `killed by SIG${signal}${memory === undefined ? "" : `: ${memory}`}`;
}

/**
 * Tells SIGKILL by the kernel's OOM killer from anyone else's. The only evidence is the control group's counter, which all
 * processes of the container share; so it is read again at every other event, lest an old kill is blamed on the next program.
 */
export class OutOfMemory {
  readonly #root: string | undefined;
  #seen: number | undefined;

  /** `root`: the control group's directory instead of the container's own. */
  constructor(root?: string) {
    this.#root = root;
    this.forget();
  }

  /** Kills until now hit none of the programs that end from now on. */
  forget(): void {
    this.#seen = oomKills(this.#root);
  }

  /**
   * Accounts for the end of a process; to be called once for each, as soon as the end is known. The words for it when the
   * OOM killer has killed one process more than was accounted for, else undefined.
   */
  account({ signal }: ChildExit): string | undefined {
    if (signal !== "KILL") {
      this.forget();
      return undefined;
    }
    const kills = oomKills(this.#root);
    if (kills === undefined || this.#seen === undefined || kills <= this.#seen) return undefined;
    this.#seen++;
    const limit = memoryLimit(this.#root);
    return limit === undefined
      ? "out of memory"
      : `out of memory, the limit being ${Math.round(limit / MEBIBYTE)} MiB`;
  }
}
