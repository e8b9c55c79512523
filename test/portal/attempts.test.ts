import { describe, expect, test } from "bun:test";
import { Attempts } from "../../src/portal/auth/attempts.ts";

function failing(attempts: Attempts, address: string, count: number, now = 0): void {
  for (let done = 0; done < count; done++) attempts.failed(address, now);
}

describe("slowing after failed logins", () => {
  test("some are free, then each one doubles the wait up to a minute", () => {
    const attempts = new Attempts();
    const waits = Array.from({ length: 13 }, () => {
      attempts.failed("10.0.0.1", 0);
      return attempts.wait("10.0.0.1", 0);
    });
    expect(waits).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
    expect(attempts.wait("10.0.0.1", 59_001)).toBe(1);
    expect(attempts.wait("10.0.0.1", 60_000)).toBe(0);
  });

  test("a success, or a quarter of an hour, begins anew", () => {
    const attempts = new Attempts();
    failing(attempts, "10.0.0.1", 20);
    attempts.succeeded("10.0.0.1");
    expect(attempts.wait("10.0.0.1", 0)).toBe(0);
    failing(attempts, "10.0.0.2", 20);
    attempts.failed("10.0.0.2", 16 * 60_000);
    expect(attempts.wait("10.0.0.2", 16 * 60_000)).toBe(0);
  });

  test.each([
    ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true],
    ["2001:db8:1:2::1", "2001:0db8:0001:0002::5", true],
    ["2001:db8::1", "2001:db8:0:0:8::", true],
    ["2001:db8:1:2::1", "2001:db8:1:3::1", false],
    ["::1", "1::", false],
    ["10.0.0.1", "10.0.0.2", false],
  ])("%s and %s are one network: %p", (one, other, same) => {
    const attempts = new Attempts();
    failing(attempts, one, 10);
    expect(attempts.wait(other, 0) > 0).toBe(same);
  });

  test("a flood of addresses is forgotten from its oldest end", () => {
    const attempts = new Attempts();
    // The limit of all together does not hold for these.
    for (const address of ["10.0.0.1", "10.0.0.3"]) attempts.succeeded(address);
    failing(attempts, "10.0.0.1", 10);
    for (let count = 0; count < 10_000; count++) attempts.failed(`192.0.${count >> 8}.${count & 255}`, 0);
    expect(attempts.wait("10.0.0.1", 0)).toBe(0);
    failing(attempts, "10.0.0.3", 10);
    expect(attempts.wait("10.0.0.3", 0)).toBeGreaterThan(0);
  });

  test("who guesses from very many addresses is slowed as well, who has logged in before is not", () => {
    const attempts = new Attempts();
    attempts.succeeded("203.0.113.7");
    for (let count = 0; count < 1000; count++) attempts.failed(`2001:db8:0:${count.toString(16)}::1`, 0);
    expect([attempts.wait("198.51.100.1", 0), attempts.wait("203.0.113.7", 0)]).toEqual([0, 0]);
    for (let count = 0; count < 60; count++) attempts.failed(`10.0.0.${count}`, 0);
    expect([attempts.wait("198.51.100.1", 0), attempts.wait("203.0.113.7", 0)]).toEqual([60, 0]);
    expect([attempts.wait("198.51.100.1", 59_000), attempts.wait("198.51.100.1", 60_000)]).toEqual([1, 0]);
    failing(attempts, "203.0.113.7", 6, 0);
    expect(attempts.wait("203.0.113.7", 0)).toBe(2);
  });
});
