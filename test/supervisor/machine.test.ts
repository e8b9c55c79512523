import { describe, expect, test } from "bun:test";
import { type Event, isAlive, next, type State } from "../../src/supervisor/machine.ts";

const states: State[] = ["STOPPED", "STARTING", "RUNNING", "BACKOFF", "STOPPING", "EXITED", "FATAL"];
const events: Event[] = [
  "start",
  "spawn-failed",
  "stable",
  "exit-early",
  "exit",
  "stopped",
  "retry",
  "delay",
  "give-up",
  "stop",
];

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
