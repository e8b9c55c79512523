import type { ProgramSpec } from "../programs/spec.ts";
import { endLeftovers, stopProcess } from "./stop-process.ts";

/** A longer timer would overflow, and fire at once. */
export const LONGEST_TIMER_SECONDS = (2 ** 31 - 1) / 1000;

export interface StopTarget {
  id: string;
  spec: ProgramSpec;
  /** What its processes are marked with. */
  mark: number;
  /** Its main process, or null without one. */
  pid: () => number | null;
}

export interface StopEvents {
  /** Nothing is left, or it cannot be told what; before anyone who waits goes on. */
  onEnd: () => void;
  /** Not even KILL ends its process: whoever waits goes on. `onEnd` follows when it has ended after all. */
  onHang: (reason: string) => void;
}

/** The stops of one program: one at a time, shared by all who ask for it. */
export class Stops {
  readonly #target: StopTarget;
  #current: Promise<void> | undefined;
  /** A process has run since everything was last ended. */
  #mayHaveLeft = false;

  constructor(target: StopTarget) {
    this.#target = target;
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
      try {
        await this.#last(stopProcess({ ...this.#target, exited, waitSeconds: seconds, onHang: hang }));
      } finally {
        onEnd();
      }
    };
    end().then(resolve, reject);
  }

  /** Ends what a process that ended by itself has left, by its KillMode. */
  beginLeftovers(): void {
    if (this.#current !== undefined || !this.#mayHaveLeft) return;
    const { id, spec, mark } = this.#target;
    const end = spec.killMode === "control-group" ? endLeftovers(id, spec.stopsignal, mark, []) : undefined;
    this.#current = this.#last(end);
  }

  /** Whatever is started from now on may leave something again. */
  async #last(end: Promise<void> | undefined): Promise<void> {
    this.#mayHaveLeft = false;
    try {
      await end;
    } finally {
      this.#current = undefined;
    }
  }
}
