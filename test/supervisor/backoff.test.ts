import { describe, expect, test } from "bun:test";
import { Attempts } from "../../src/supervisor/backoff.ts";

describe("Attempts", () => {
  test("a first crash is restarted at once, later ones ever later, up to a limit", () => {
    const attempts = new Attempts(3);
    const delays = Array.from({ length: 20 }, () => attempts.crashed(1));
    expect(delays[0]).toBe(0);
    expect(delays).toEqual(delays.toSorted((a, b) => a - b));
    expect(delays.at(-1)).toBe(30);
  });

  test("a stable minute makes a crash the first one again", () => {
    const attempts = new Attempts(3);
    for (let crash = 0; crash < 5; crash++) attempts.crashed(1);
    expect(attempts.crashed(60)).toBe(0);
  });

  test("attempts to start are 1, 2, 3 seconds apart, then there are no more, as supervisord's", () => {
    const attempts = new Attempts(3);
    expect([1, 2, 3, 4].map(() => attempts.failedToStart())).toEqual([1, 2, 3, undefined]);
  });

  test("coming up gives all attempts back", () => {
    const attempts = new Attempts(1);
    expect(attempts.failedToStart()).toBe(1);
    attempts.cameUp();
    expect(attempts.failedToStart()).toBe(1);
    expect(attempts.failedToStart()).toBeUndefined();
  });
});
