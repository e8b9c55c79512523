import type { ReaderChild } from "./reader-child.ts";

/** Who did not answer: a GPU of NVIDIA's by its index, or (null) all there is. */
export type Asked = number | null;

/** Who is asked no more for a while. */
export type SickGpus = Map<Asked, Sickness>;

/** Of this process: readers come and go, while what one of them has left in the kernel stays. */
export const sickGpus: SickGpus = new Map();

export const OTHER_MACHINE =
  "rent another machine; on one of your own: dmesg | grep Xid, then reset the GPU or reboot";

/** Why somebody is asked no more: for a time, or until the kernel has let go the process that asked. */
export class Sickness {
  readonly problem: string;
  readonly #until: number;
  readonly #child: ReaderChild | undefined;

  constructor(problem: string, milliseconds: number, child?: ReaderChild) {
    this.problem = problem;
    this.#until = performance.now() + milliseconds;
    this.#child = child;
  }

  get isOver(): boolean {
    return this.#child === undefined ? performance.now() >= this.#until : this.#child.isOver;
  }
}
