import { memoryLimit, oomKills } from "../sys/cgroup.ts";

const MEBIBYTE = 1024 ** 2;

/**
 * Tells the kernel's SIGKILL for lack of memory from anyone else's. All there is to go by is how many it has
 * sent in this container; so whatever happens otherwise is a moment to forget those that hit no program of ours.
 */
export class OutOfMemory {
  readonly #root: string | undefined;
  #seen: number | undefined;

  /** `root`: the control group's directory instead of the container's own. */
  constructor(root?: string) {
    this.#root = root;
    this.forget();
  }

  /** Whatever the kernel has killed until now is no concern of programs that end from now on. */
  forget(): void {
    this.#seen = oomKills(this.#root);
  }

  /** Why a program was just killed, when the kernel has killed one more than was accounted for. */
  explain(): string | undefined {
    const kills = oomKills(this.#root);
    if (kills === undefined || this.#seen === undefined || kills <= this.#seen) return undefined;
    this.#seen++;
    const limit = memoryLimit(this.#root);
    return limit === undefined
      ? "out of memory"
      : `out of memory, the limit being ${Math.round(limit / MEBIBYTE)} MiB`;
  }
}

/** Of this container. */
export const outOfMemory = new OutOfMemory();
