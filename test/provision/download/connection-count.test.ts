import { expect, test } from "bun:test";
import { ConnectionCount } from "../../../src/provision/download/connection-count.ts";

test("connections double, and stay so only if that brings more", () => {
  const faster = new ConnectionCount(32);
  faster.tick(10);
  expect(faster.wanted).toBe(16);
  faster.tick(19);
  expect(faster.wanted).toBe(32);
  faster.tick(20);
  expect(faster.wanted).toBe(16);
  faster.tick(100);
  expect(faster.wanted).toBe(16);
});

test("connections are never more than allowed", () => {
  const few = new ConnectionCount(3);
  few.tick(10);
  expect(few.wanted).toBe(3);
  const sixteen = new ConnectionCount(16);
  for (const rate of [1, 2, 4, 8]) sixteen.tick(rate);
  expect(sixteen.wanted).toBe(16);
});

test("connections that failed are few for a while, then more again", () => {
  const count = new ConnectionCount(16);
  count.shrink(3, 60_000);
  count.tick(1);
  count.tick(9);
  expect(count.wanted).toBe(3);
  const soon = new ConnectionCount(16);
  soon.shrink(3, 0);
  soon.tick(1);
  expect(soon.wanted).toBe(6);
});
