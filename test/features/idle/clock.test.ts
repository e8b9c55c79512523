import { describe, expect, test } from "bun:test";
import { IdleClock, type Limits } from "../../../src/features/idle/clock.ts";

const MINUTE = 60_000;
const limits: Limits = { idle: 30 * MINUTE, life: undefined, warning: 5 * MINUTE };
const nothing = { isBusy: false, isProvisioning: false };
const busy = { isBusy: true, isProvisioning: false };

function clockOf(given: Partial<Limits> = {}): IdleClock {
  const clock = new IdleClock(0);
  clock.setLimits({ ...limits, ...given }, 0);
  clock.look(0, busy);
  return clock;
}

const at = (clock: IdleClock, minute: number) => clock.end(minute * MINUTE);

describe("idle time", () => {
  test("is counted from the last look that found something, and warns before it ends", () => {
    const clock = clockOf();
    clock.look(10 * MINUTE, busy);
    clock.look(34 * MINUTE, nothing);
    expect(at(clock, 34)).toEqual({ why: "idle", at: 40 * MINUTE, isWarned: false, isDue: false });
    expect(at(clock, 35)).toMatchObject({ isWarned: true, isDue: false });
    expect(at(clock, 39.9)).toMatchObject({ isDue: false });
    expect(at(clock, 40)).toMatchObject({ isDue: true });
  });

  test("begins anew with any activity in the countdown", () => {
    const clock = clockOf();
    expect(at(clock, 29)).toMatchObject({ isWarned: true });
    clock.look(29 * MINUTE, busy);
    expect(at(clock, 29)).toEqual({ why: "idle", at: 59 * MINUTE, isWarned: false, isDue: false });
  });

  test("a countdown that begins late takes its whole time", () => {
    const clock = clockOf();
    expect(at(clock, 500)).toMatchObject({ at: 505 * MINUTE, isWarned: true, isDue: false });
    expect(at(clock, 504)).toMatchObject({ isDue: false });
    expect(at(clock, 505)).toMatchObject({ isDue: true });
  });

  test("the warning takes half of a short limit", () => {
    const clock = clockOf({ idle: 4 * MINUTE });
    expect(at(clock, 1.9)).toMatchObject({ isWarned: false });
    expect(at(clock, 2)).toMatchObject({ isWarned: true, at: 4 * MINUTE });
  });

  test("keep counts as activity until its end, and off from now on", () => {
    const clock = clockOf();
    clock.keep(120 * MINUTE, 10 * MINUTE);
    expect(at(clock, 119)).toMatchObject({ at: 150 * MINUTE, isWarned: false });
    expect(clock.keptUntil(119 * MINUTE)).toBe(120 * MINUTE);
    expect(clock.keptUntil(121 * MINUTE)).toBeUndefined();
    clock.keep(undefined, 20 * MINUTE);
    expect(at(clock, 20)).toMatchObject({ at: 50 * MINUTE });
  });

  test("another limit counts from now on", () => {
    const clock = clockOf();
    expect(clock.setLimits(limits, 20 * MINUTE)).toBe(false);
    expect(clock.setLimits({ ...limits, idle: 10 * MINUTE }, 20 * MINUTE)).toBe(true);
    expect(at(clock, 20)).toMatchObject({ at: 30 * MINUTE });
  });

  test("an end that was said comes again only after activity", () => {
    const clock = clockOf();
    clock.settle("idle");
    expect(at(clock, 100)).toBeUndefined();
    clock.look(101 * MINUTE, busy);
    expect(at(clock, 101)).toMatchObject({ at: 131 * MINUTE });
  });
});

describe("lifetime", () => {
  const life = { idle: undefined, life: 60 * MINUTE };

  test("ends in use, too, and no keep changes that", () => {
    const clock = clockOf(life);
    clock.look(54 * MINUTE, busy);
    clock.keep(500 * MINUTE, 54 * MINUTE);
    expect(at(clock, 54)).toMatchObject({ isWarned: false });
    expect(at(clock, 55)).toMatchObject({ why: "lifetime", isWarned: true });
    clock.look(59 * MINUTE, busy);
    expect(at(clock, 60)).toMatchObject({ why: "lifetime", isDue: true });
  });

  test("waits for provisioning, and then warns as long as ever, but not for more than as much again", () => {
    const clock = clockOf(life);
    const provisioning = { isBusy: true, isProvisioning: true };
    clock.look(59 * MINUTE, provisioning);
    expect(at(clock, 70)).toEqual({ why: "lifetime", at: 120 * MINUTE, isWarned: false, isDue: false });
    clock.look(80 * MINUTE, nothing);
    expect(at(clock, 80)).toMatchObject({ at: 85 * MINUTE, isWarned: true, isDue: false });
    clock.look(81 * MINUTE, provisioning);
    expect(at(clock, 81)).toMatchObject({ isWarned: false });
    expect(at(clock, 115)).toMatchObject({ isWarned: true });
    expect(at(clock, 120)).toMatchObject({ isDue: true });
  });

  test("with both limits the nearer one comes first", () => {
    const clock = clockOf({ life: 60 * MINUTE });
    expect(at(clock, 1)).toMatchObject({ why: "idle", at: 30 * MINUTE });
    clock.look(40 * MINUTE, busy);
    expect(at(clock, 41)).toMatchObject({ why: "lifetime", at: 60 * MINUTE });
  });
});

describe("looks", () => {
  test("come once in an interval, four times as often in a countdown, and in time for the end", () => {
    const clock = clockOf();
    expect(clock.nextLook(0, MINUTE)).toBe(MINUTE);
    expect(clock.nextLook(24.5 * MINUTE, MINUTE)).toBe(25 * MINUTE);
    at(clock, 25);
    expect(clock.nextLook(25 * MINUTE, MINUTE)).toBe(25.25 * MINUTE);
    expect(clock.nextLook(29.9 * MINUTE, MINUTE)).toBe(30 * MINUTE);
  });

  test("go on where nothing can end any more", () => {
    const clock = clockOf();
    clock.settle("idle");
    expect(clock.nextLook(50 * MINUTE, MINUTE)).toBe(51 * MINUTE);
  });
});
