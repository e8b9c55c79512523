import { EventEmitter } from "node:events";
import { describe, expect, test } from "bun:test";
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
