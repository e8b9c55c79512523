import { describe, expect, test } from "bun:test";
import {
  type Event,
  isAlive,
  isDown,
  isStopping,
  isUp,
  next,
  type ShownState,
  shownState,
  type State,
  table,
} from "../../src/supervisor/machine.ts";

type Trait = "alive" | "up" | "stopping" | "down";

/** Every state, what clients are told, and what is true of it. */
const traits: Record<State, [ShownState, ...Trait[]]> = {
  STOPPED: ["STOPPED", "down"],
  STARTING: ["STARTING", "alive", "up"],
  RUNNING: ["RUNNING", "alive", "up"],
  BACKOFF: ["BACKOFF", "up"],
  ENDED: ["EXITED"],
  EXITED: ["EXITED", "down"],
  FATAL: ["FATAL", "down"],
  FINISHING: ["STOPPING", "alive", "stopping"],
  TERMINATING: ["STOPPING", "alive", "stopping"],
  KILLING: ["STOPPING", "alive", "stopping"],
  HUNG: ["STOPPING", "alive", "stopping"],
  CLEARING: ["STOPPING", "stopping"],
};
const states = Object.keys(traits) as State[];

/** Every event; the compiler sees to that. */
const everyEvent: Record<Event, true> = {
  start: true,
  "spawn-failed": true,
  stable: true,
  end: true,
  exit: true,
  "exit-early": true,
  retry: true,
  delay: true,
  "give-up": true,
  stop: true,
  terminate: true,
  kill: true,
  hang: true,
  gone: true,
  stopped: true,
};
const events = Object.keys(everyEvent) as Event[];

/** Every transition there is; whatever is not listed must mean nothing. */
const expected: [State, Event, State][] = [
  ["STOPPED", "start", "STARTING"],
  ["STOPPED", "delay", "BACKOFF"],
  ["STOPPED", "give-up", "FATAL"],
  ["STARTING", "spawn-failed", "BACKOFF"],
  ["STARTING", "stable", "RUNNING"],
  ["STARTING", "end", "ENDED"],
  ["STARTING", "stop", "FINISHING"],
  ["RUNNING", "end", "ENDED"],
  ["RUNNING", "stop", "FINISHING"],
  ["BACKOFF", "retry", "STARTING"],
  ["BACKOFF", "give-up", "FATAL"],
  ["BACKOFF", "stop", "CLEARING"],
  ["ENDED", "exit", "EXITED"],
  ["ENDED", "exit-early", "BACKOFF"],
  ["ENDED", "give-up", "FATAL"],
  ["ENDED", "stop", "CLEARING"],
  ["EXITED", "start", "STARTING"],
  ["EXITED", "delay", "BACKOFF"],
  ["FATAL", "start", "STARTING"],
  ["FINISHING", "terminate", "TERMINATING"],
  ["FINISHING", "kill", "KILLING"],
  ["FINISHING", "gone", "CLEARING"],
  ["TERMINATING", "kill", "KILLING"],
  ["TERMINATING", "gone", "CLEARING"],
  ["KILLING", "hang", "HUNG"],
  ["KILLING", "gone", "CLEARING"],
  ["HUNG", "gone", "CLEARING"],
  ["CLEARING", "stopped", "STOPPED"],
];

describe("next()", () => {
  const wanted = new Map(expected.map(([state, event, to]) => [`${state} ${event}`, to]));
  const pairs = states.flatMap((state) => events.map((event) => [state, event] as const));
  test.each(pairs)("%s on %s", (state, event) => {
    expect(next(state, event)).toBe(wanted.get(`${state} ${event}`) as State);
  });

  test("the table that the documentation draws has a row for each state, and these transitions", () => {
    expect(Object.keys(table).toSorted()).toEqual(states.toSorted());
    const drawn = Object.entries(table).flatMap(([state, row]) =>
      Object.entries(row).map(([event, to]) => `${state} ${event} ${to}`),
    );
    expect(drawn.toSorted()).toEqual(expected.map((transition) => transition.join(" ")).toSorted());
  });
});

test.each(states)("what clients are told of %s, and what is true of it", (state) => {
  const checks: Record<Trait, boolean> = {
    alive: isAlive(state),
    up: isUp(state),
    stopping: isStopping(state),
    down: isDown(state),
  };
  const [shown, ...trueTraits] = traits[state];
  const found = Object.entries(checks).flatMap(([trait, isTrue]) => (isTrue ? [trait] : []));
  expect([shownState(state), ...found]).toEqual([shown, ...trueTraits]);
});

test("every state can be reached from every other", () => {
  const reachable = (from: State): Set<State> => {
    const seen = new Set([from]);
    for (const state of seen) for (const event of events) seen.add(next(state, event) ?? state);
    return seen;
  };
  for (const state of states) expect([...reachable(state)].toSorted()).toEqual(states.toSorted());
});

test("a process is created only from states without one, and no stop is left undone, in any order of events", () => {
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
    if (isStopping(state) && !isStopping(to)) expect(to).toBe("STOPPED");
    state = to;
  }
});
