import type { ProgramSpec } from "../programs/spec.ts";
import { endLeftovers, stopProcess } from "./stop-process.ts";

/** A longer timer would overflow, and fire at once. */
export const LONGEST_TIMER_SECONDS = (2 ** 31 - 1) / 1000;

export interface Stopped {
  id: string;
  spec: ProgramSpec;
  /** What its processes are marked with. */
  mark: number;
  /** Its main process, or null without one. */
  pid: () => number | null;
}

export interface StopEvents {
  /** Nothing is left; before anyone who waits goes on. */
  onEnd: () => void;
  /** Not even KILL ends its process: whoever waits goes on. `onEnd` follows when it has ended after all. */
  onHang: (reason: string) => void;
}

/** The stops of one program: one at a time, shared by all who ask for it. */
export class Stops {
  readonly #program: Stopped;
  #current: Promise<void> | undefined;
  /** A process has run since everything was last ended. */
  #mayHaveLeft = false;

  constructor(program: Stopped) {
    this.#program = program;
  }

  /** To be called when a process was started. */
  started(): void {
    this.#mayHaveLeft = true;
  }

  /** Resolves when the stop that is under way, if any, is over. */
  async underWay(): Promise<void> {
    await this.#current;
  }

  /** Ends a process and, by its KillMode, all it started. */
  begin(exited: Promise<void>, waitSeconds: number, { onEnd, onHang }: StopEvents): void {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#current = promise;
    const hang = (reason: string) => {
      this.#current = undefined;
      onHang(reason);
      resolve();
    };
    const end = async () => {
      const seconds = Math.min(waitSeconds, LONGEST_TIMER_SECONDS);
      await this.#clearing(stopProcess({ ...this.#program, exited, waitSeconds: seconds, onHang: hang }));
      onEnd();
    };
    end().then(resolve, reject);
  }

  /** Ends what a process that ended by itself has left, by its KillMode. */
  beginLeftovers(): void {
    if (this.#current !== undefined || !this.#mayHaveLeft) return;
    const { id, spec, mark } = this.#program;
    const end = spec.killMode === "control-group" ? endLeftovers(id, spec.stopsignal, mark, []) : undefined;
    this.#current = this.#clearing(end);
  }

  async #clearing(end: Promise<void> | undefined): Promise<void> {
    try {
      await end;
      this.#mayHaveLeft = false;
    } finally {
      this.#current = undefined;
    }
  }
}
