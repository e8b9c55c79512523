import { jest } from "bun:test";
import { spawnChild } from "../src/sys/children.ts";

/** How much time passes for timers while processes and pipes get a turn of the event loop. */
const STEP_MS = 5;

/**
 * Timers, sleeps and performance.now() of this process stand still until they are moved on; its child processes and their
 * output do not. Only for tests that run alone in their process, whose file calls `startClock` after each: also a test that
 * hangs because no time passes has to end.
 */
export function stoppedClock() {
  jest.useFakeTimers();
  return {
    /** Moves the clock on in small steps until then; gives by how many milliseconds. */
    async runUntil(end: (() => boolean) | Promise<unknown>): Promise<number> {
      let isOver = false;
      if (typeof end !== "function") void end.finally(() => (isOver = true)).catch(() => undefined);
      let passed = 0;
      while (!(typeof end === "function" ? end() : isOver)) {
        await turn();
        if (isOver) break;
        jest.advanceTimersByTime(STEP_MS);
        passed += STEP_MS;
      }
      return passed;
    },
    [Symbol.dispose]: startClock,
  };
}

export const startClock = () => void jest.useRealTimers();

/** A while of real time, for which no timer can be had. */
export async function turn(): Promise<void> {
  // A reaper, where there is one, leaves it alone.
  await spawnChild({ command: ["/bin/true"], env: {}, stdout: "ignore", stderr: "ignore" }).exited;
}
