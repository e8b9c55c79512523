import { position } from "../../sys/pipes.ts";
import type { Backlog } from "./backlog.ts";
import { Generation } from "./generation.ts";

/** The generations of one log file that someone still needs bytes of. */
export class Generations {
  #current: Generation | undefined;
  #older: Generation[] = [];

  /** Adds to a backlog what has just been written to the current file `fd`. */
  note(fd: number, bytes: Uint8Array, backlog: Backlog): void {
    // Others may append, too: the size would not tell.
    const end = position(fd);
    try {
      if (!this.#current?.isNeeded) this.#current = new Generation(fd);
      backlog.add(this.#current, end - bytes.byteLength, end);
    } catch {
      // Too many open files.
      backlog.addBytes(bytes);
    }
  }

  /** The current file has been renamed by a rotation, as all older ones have. */
  rotated(): void {
    this.moved();
    for (const generation of this.#older) generation.age++;
  }

  /** Another file has the path now. */
  moved(): void {
    this.#older = this.#older.filter(({ isNeeded }) => isNeeded);
    if (this.#current?.isNeeded) this.#older.push(this.#current);
    this.#current = undefined;
  }

  /** The current file has been truncated. */
  lost(): void {
    this.#current?.lose();
    this.moved();
  }

  /** Nobody gets bytes of generations any more that have been rotated so often. */
  giveUp(age: number): void {
    if (age === 0) this.lost();
    for (const generation of this.#older) if (generation.age >= age) generation.lose();
  }

  /** True when someone needs bytes of a generation that has been rotated so often. */
  needs(age: number): boolean {
    const current = age === 0 && this.#current?.isNeeded === true;
    return current || this.#older.some((generation) => generation.isNeeded && generation.age >= age);
  }
}
