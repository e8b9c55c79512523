import { EventEmitter } from "node:events";
import { describe, expect, test } from "bun:test";
import type { BeforeStop } from "../../src/features/hooks/prestop.ts";
import { Signals } from "../../src/init/signals.ts";

function caught() {
  const source = new EventEmitter();
  const signals = new Signals(source);
  return { signals, send: (...names: string[]) => names.forEach((name) => source.emit(name)) };
}

const state = ({ stop, hurry }: Signals) => ({ stop: stop.aborted, hurry: hurry.aborted });

describe("stop and hurry", () => {
  test.each([
    [[], { stop: false, hurry: false }],
    [["SIGTERM"], { stop: true, hurry: false }],
    [["SIGINT"], { stop: true, hurry: false }],
    [["SIGTERM", "SIGTERM"], { stop: true, hurry: true }],
    [["SIGINT", "SIGINT"], { stop: true, hurry: true }],
    [["SIGINT", "SIGTERM"], { stop: true, hurry: false }],
    [["SIGTERM", "SIGINT"], { stop: true, hurry: false }],
    [["SIGHUP", "SIGUSR2", "SIGWINCH"], { stop: false, hurry: false }],
  ])("%p make %p", (names, expected) => {
    const { signals, send } = caught();
    send(...names);
    expect(state(signals)).toEqual(expected);
  });

  test("a request to stop is no signal: the SIGTERM after it does not hurry, a second one does", () => {
    const { signals, send } = caught();
    signals.requestStop();
    expect(state(signals)).toEqual({ stop: true, hurry: false });
    send("SIGTERM", "SIGINT");
    expect(state(signals)).toEqual({ stop: true, hurry: false });
    send("SIGTERM");
    expect(state(signals)).toEqual({ stop: true, hurry: true });
  });

  test("two requests do not hurry", () => {
    const { signals } = caught();
    signals.requestStop();
    signals.requestStop();
    expect(state(signals)).toEqual({ stop: true, hurry: false });
  });
});

describe("with a main command", () => {
  function forwarded() {
    const { signals, send } = caught();
    const got: string[] = [];
    signals.forward((signal) => got.push(signal));
    return { signals, send, got };
  }

  test("every signal is the command's", () => {
    const { signals, send, got } = forwarded();
    send("SIGINT", "SIGINT", "SIGUSR1", "SIGHUP", "SIGTERM", "SIGTERM");
    expect(got).toEqual(["INT", "INT", "USR1", "HUP", "TERM", "TERM"]);
    expect(state(signals)).toEqual({ stop: false, hurry: false });
  });

  test("a request to stop tells the command TERM", () => {
    const { signals, got } = forwarded();
    signals.requestStop();
    expect(got).toEqual(["TERM"]);
    expect(signals.isStopRequested).toBe(true);
    expect(state(signals)).toEqual({ stop: false, hurry: false });
  });

  test("its end stops the container; neither that nor Ctrl-C for the command counts towards a hurry", () => {
    const { signals, send } = forwarded();
    send("SIGINT");
    signals.reclaim();
    expect(state(signals)).toEqual({ stop: true, hurry: false });
    send("SIGINT");
    expect(state(signals)).toEqual({ stop: true, hurry: false });
    send("SIGINT");
    expect(state(signals)).toEqual({ stop: true, hurry: true });
  });

  test("a SIGTERM after the one that the command got hurries", () => {
    const { signals, send } = forwarded();
    send("SIGTERM");
    signals.reclaim();
    expect(state(signals)).toEqual({ stop: true, hurry: false });
    send("SIGTERM");
    expect(state(signals)).toEqual({ stop: true, hurry: true });
  });

  test("after a request to stop, the one SIGTERM that follows does not hurry", () => {
    const { signals, send } = forwarded();
    signals.requestStop();
    signals.reclaim();
    send("SIGTERM");
    expect(state(signals)).toEqual({ stop: true, hurry: false });
  });
});

test("SIGHUP and SIGUSR2 do what was set for them", () => {
  const { signals, send } = caught();
  const done: string[] = [];
  signals.onHangup(() => done.push("read again"));
  signals.onUser2(() => done.push("reopened"));
  send("SIGUSR2", "SIGHUP");
  expect(done).toEqual(["reopened", "read again"]);
});

describe("with something to do before a stop", () => {
  /** A stop that waits until `finish` is called. */
  function held({ isForwarded = false } = {}) {
    const { signals, send } = caught();
    const got: string[] = [];
    if (isForwarded) signals.forward((signal) => got.push(signal));
    const begun: BeforeStop[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    signals.beforeStop = (before) => {
      begun.push(before);
      return promise;
    };
    const finish = async () => {
      resolve();
      await Bun.sleep(0);
    };
    return { signals, send, got, begun, finish };
  }

  test("a signal stops the container afterwards, and its time runs from the signal on", async () => {
    const { signals, send, begun, finish } = held();
    send("SIGTERM");
    expect(state(signals)).toEqual({ stop: false, hurry: false });
    expect(begun.map(({ reason, pressed, skipped }) => [reason, pressed.aborted, skipped.aborted])).toEqual([
      ["signal", true, false],
    ]);
    await Bun.sleep(20);
    await finish();
    expect(state(signals)).toEqual({ stop: true, hurry: false });
    expect(signals.stopSeconds).toBeGreaterThan(0.015);
  });

  test("a second signal skips that, and only a third one hurries", async () => {
    const { signals, send, begun, finish } = held();
    send("SIGTERM", "SIGTERM");
    expect([begun.length, begun[0]?.skipped.aborted]).toEqual([1, true]);
    await finish();
    expect(state(signals)).toEqual({ stop: true, hurry: false });
    send("SIGTERM");
    expect(state(signals)).toEqual({ stop: true, hurry: true });
  });

  test("a request leaves all the time there is until a signal presses", async () => {
    const { signals, send, begun, finish } = held();
    signals.requestStop("idle");
    expect([begun[0]?.reason, begun[0]?.pressed.aborted, signals.stopSeconds]).toEqual(["idle", false, 0]);
    send("SIGTERM");
    expect([begun[0]?.pressed.aborted, begun[0]?.skipped.aborted]).toEqual([true, false]);
    await finish();
    expect(state(signals)).toEqual({ stop: true, hurry: false });
    expect([begun.length, signals.reason]).toEqual([1, "idle"]);
  });

  test("what one reason has prepared is not done again for the next one", async () => {
    const { signals, send, begun, finish } = held();
    const prepared = signals.prepareStop("max-hours");
    await finish();
    await prepared;
    expect(state(signals)).toEqual({ stop: false, hurry: false });
    expect(signals.prepareStop("fatal")).toBeUndefined();
    send("SIGTERM");
    expect([state(signals), begun.length, signals.reason]).toEqual([
      { stop: true, hurry: false },
      1,
      "max-hours",
    ]);
  });

  test("a stop that is called off is prepared anew, unless another one has been asked for", async () => {
    const { signals, send, begun, finish } = held();
    const prepared = signals.prepareStop("idle");
    expect(signals.isStopping).toBe(true);
    signals.callOff("idle");
    expect([signals.isStopping, signals.reason]).toEqual([true, "idle"]);
    await finish();
    await prepared;
    signals.callOff("idle");
    expect([signals.isStopping, signals.reason]).toEqual([false, undefined]);
    send("SIGTERM");
    await Bun.sleep(0);
    expect(begun.map(({ reason }) => reason)).toEqual(["idle", "signal"]);
    signals.callOff("idle");
    expect([state(signals).stop, signals.reason]).toEqual([true, "signal"]);
  });

  test("calling off what never came leaves a stop for another reason alone", async () => {
    const { signals, send, begun, finish } = held();
    const prepared = signals.prepareStop("fatal");
    await finish();
    await prepared;
    signals.callOff("idle");
    expect(signals.reason).toBe("fatal");
    send("SIGTERM");
    // Scripts have run for this stop.
    expect(begun).toHaveLength(1);
    expect(state(signals).stop).toBe(true);
  });

  test("a signal that comes while another reason is prepared stops the container afterwards", async () => {
    const { signals, send, finish } = held();
    void signals.prepareStop("idle");
    send("SIGTERM");
    await finish();
    expect(state(signals)).toEqual({ stop: true, hurry: false });
  });

  test("a main command gets SIGTERM afterwards, once; other signals at once", async () => {
    const { signals, send, got, begun, finish } = held({ isForwarded: true });
    send("SIGTERM", "SIGINT", "SIGUSR1", "SIGTERM");
    expect(got).toEqual(["INT", "USR1"]);
    expect(begun[0]?.skipped.aborted).toBe(true);
    await finish();
    expect(got).toEqual(["INT", "USR1", "TERM"]);
    send("SIGTERM");
    expect(got).toEqual(["INT", "USR1", "TERM", "TERM"]);
    expect(state(signals)).toEqual({ stop: false, hurry: false });
  });

  test("both a request and a signal are one SIGTERM for a main command", async () => {
    const { signals, send, got, finish } = held({ isForwarded: true });
    signals.requestStop();
    send("SIGTERM");
    await finish();
    expect(got).toEqual(["TERM"]);
  });
});
