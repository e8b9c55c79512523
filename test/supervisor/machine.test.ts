import { describe, expect, test } from "bun:test";
import { type Event, isAlive, isUp, next, type State } from "../../src/supervisor/machine.ts";

/** Every state, and whether a process exists, and whether a start has nothing to do: up, or on its way up. */
const traits: Record<State, { alive: boolean; up: boolean }> = {
  STOPPED: { alive: false, up: false },
  STARTING: { alive: true, up: true },
  RUNNING: { alive: true, up: true },
  BACKOFF: { alive: false, up: true },
  STOPPING: { alive: true, up: false },
  EXITED: { alive: false, up: false },
  FATAL: { alive: false, up: false },
};
const states = Object.keys(traits) as State[];

/** Every event; the compiler sees to that. */
const everyEvent: Record<Event, true> = {
  start: true,
  "spawn-failed": true,
  stable: true,
  "exit-early": true,
  exit: true,
  stopped: true,
  retry: true,
  delay: true,
  "give-up": true,
  stop: true,
};
const events = Object.keys(everyEvent) as Event[];

/** Every transition there is; whatever is not listed must mean nothing. */
const expected: [State, Event, State][] = [
  ["STOPPED", "start", "STARTING"],
  ["STARTING", "spawn-failed", "BACKOFF"],
  ["STARTING", "stable", "RUNNING"],
  ["STARTING", "exit-early", "BACKOFF"],
  ["STARTING", "exit", "EXITED"],
  ["STARTING", "stop", "STOPPING"],
  ["RUNNING", "exit", "EXITED"],
  ["RUNNING", "stop", "STOPPING"],
  ["BACKOFF", "retry", "STARTING"],
  ["BACKOFF", "give-up", "FATAL"],
  ["BACKOFF", "stop", "STOPPED"],
  ["STOPPING", "stopped", "STOPPED"],
  ["EXITED", "start", "STARTING"],
  ["EXITED", "delay", "BACKOFF"],
  ["FATAL", "start", "STARTING"],
];

describe("next()", () => {
  const table = new Map(expected.map(([state, event, to]) => [`${state} ${event}`, to]));
  const pairs = states.flatMap((state) => events.map((event) => [state, event] as const));
  test.each(pairs)("%s on %s", (state, event) => {
    expect(next(state, event)).toBe(table.get(`${state} ${event}`) as State);
  });
});

test.each(states)("isAlive() and isUp() of %s", (state) => {
  expect({ alive: isAlive(state), up: isUp(state) }).toEqual(traits[state]);
});

test("every state can be reached from every other", () => {
  const reachable = (from: State): Set<State> => {
    const seen = new Set([from]);
    for (const state of seen) for (const event of events) seen.add(next(state, event) ?? state);
    return seen;
  };
  for (const state of states) expect([...reachable(state)].toSorted()).toEqual(states.toSorted());
});

test("a process is created only from states without one, in any order of events", () => {
  let seed = 1;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed % below;
  };
  let state: State = "STOPPED";
  for (let step = 0; step < 100_000; step++) {
    const to = next(state, events[random(events.length)] as Event);
    if (to === undefined) continue;
    if (to === "STARTING") expect(isAlive(state)).toBe(false);
    if (state === "STOPPING") expect(to).toBe("STOPPED");
    state = to;
  }
});
