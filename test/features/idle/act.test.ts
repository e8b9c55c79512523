import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { act, type ActOptions, IN_USE } from "../../../src/features/idle/act.ts";
import { run } from "../../../src/sys/run.ts";

function world(more: Partial<ActOptions> = {}) {
  const lines: string[] = [];
  const note = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const over = new AbortController();
  const options: ActOptions = {
    action: "exit",
    env: {},
    log: { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") },
    signal: over.signal,
    run: async (command, seconds, signal) => {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]);
      return (await run(command, { signal: limit })).code;
    },
    prepare: async () => undefined,
    tell: note("tell"),
    timing: { patience: 50, pauses: [10, 20, 30], command: 300 },
    ...more,
  };
  return { lines, over, outcome: act(options) };
}

test("report leaves the container, exit ends it", async () => {
  expect(await world({ action: "report" }).outcome).toBe("over");
  expect(await world({ action: "exit" }).outcome).toBe("end");
});

describe("a command", () => {
  const file = join(mkdtempSync(join(tmpdir(), "act-")), "ran");

  test("that succeeds is run once, and the container is left to it", async () => {
    expect(await world({ action: `exec:echo ran >>${file}` }).outcome).toBe("over");
    expect(readFileSync(file, "utf8")).toBe("ran\n");
  });

  test("that fails is run four times, and then the container ends", async () => {
    const { outcome, lines } = world({ action: `exec:echo x >>${file}.fails; exit 3` });
    expect(await outcome).toBe("end");
    expect(readFileSync(`${file}.fails`, "utf8")).toBe("x\n".repeat(4));
    expect(lines).toHaveLength(4);
    expect(lines[0]).toBe("warn AI_DOCK_IDLE_ACTION: the command has ended with 3; again in 0.01 s");
  });

  test("that hangs is ended, and counts as failed", async () => {
    expect(await world({ action: "exec:sleep 4712" }).outcome).toBe("end");
  });

  test("that does not exist is a wrong setting: nothing ends", async () => {
    const { outcome, lines } = world({ action: "exec:no-such-command now" });
    expect(await outcome).toBe("nothing");
    expect(lines).toEqual([
      "error AI_DOCK_IDLE_ACTION: expected a command that can run, got exit code 127; the container goes on",
    ]);
  });

  test("is given up while it waits for its next run", async () => {
    const { outcome, over } = world({ action: "exec:exit 3", timing: { pauses: [60_000], command: 300 } });
    setTimeout(() => over.abort(), 100);
    expect(await outcome).toBe("nothing");
  });
});

describe("a cloud", () => {
  test.each([
    [
      "somebody who comes back is told",
      IN_USE,
      ["tell the cloud has agreed to stop this container, which may still come"],
    ],
    ["the stop itself tells nothing", undefined, []],
  ])("that has agreed cannot be stopped from that: %s", async (_, reason, said) => {
    const { outcome, over, lines } = world({
      action: "vast",
      stop: async () => "accepted",
      timing: { patience: 60_000 },
    });
    setTimeout(() => over.abort(reason), 50);
    expect(await outcome).toBe("nothing");
    expect(lines).toEqual(said);
  });

  test("that agrees and does nothing has its time; then the container ends", async () => {
    const began = performance.now();
    const { outcome, lines } = world({ action: "vast", stop: async () => "accepted" });
    expect(await outcome).toBe("end");
    expect(performance.now() - began).toBeGreaterThan(45);
    expect(lines).toEqual([
      "warn the cloud has agreed to stop this container, and has not; it ends by itself",
    ]);
  });

  test("without a key in the container cannot be asked; the container ends", async () => {
    const { outcome, lines } = world({ action: "runpod" });
    expect(await outcome).toBe("end");
    expect(lines.join("\n")).toMatch(
      /error RUNPOD_POD_ID: expected .*\n.*warn the cloud does not stop this container/s,
    );
  });

  test("is not waited for any more where somebody comes back", async () => {
    const { outcome, over } = world({
      action: "vast",
      stop: async () => "accepted",
      timing: { patience: 60_000 },
    });
    setTimeout(() => over.abort(), 50);
    expect(await outcome).toBe("nothing");
  });
});
