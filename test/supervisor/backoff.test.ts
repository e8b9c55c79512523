import { expect, test } from "bun:test";
import { restartDelay, startDelay } from "../../src/supervisor/backoff.ts";

test("a first crash is restarted at once, later ones ever later, up to a limit", () => {
  const delays = Array.from({ length: 20 }, (_, index) => restartDelay(index + 1));
  expect(delays[0]).toBe(0);
  expect(delays).toEqual(delays.toSorted((a, b) => a - b));
  expect(delays.at(-1)).toBe(30);
});

test("attempts to start are 1, 2, 3 seconds apart, as supervisord's", () => {
  expect([1, 2, 3].map(startDelay)).toEqual([1, 2, 3]);
});
