import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listHooks, prestopFolder } from "../../../src/features/hooks/find.ts";
import { runPrestop, type StopReason } from "../../../src/features/hooks/prestop.ts";
import type { BootLogs } from "../../../src/init/logs.ts";
import { runLogged } from "../../../src/init/run-logged.ts";
import { LogFile } from "../../../src/logs/write/log-file.ts";
import { scanProcesses } from "../../../src/sys/proc.ts";
import { bootContext } from "../context-fixture.ts";

interface StopOptions {
  own?: number;
  pressed?: number;
  reason?: StopReason;
  /** Called once the scripts run. */
  during?: (press: () => void, skip: () => void) => Promise<void>;
  isPressed?: boolean;
  env?: Record<string, string>;
}

/** Runs the scripts by PID 1's own means; gives their output, the log and the time they took. */
async function stop(scripts: Record<string, string>, options: StopOptions = {}) {
  const directory = mkdtempSync(join(tmpdir(), "prestop-"));
  mkdirSync(prestopFolder(directory));
  for (const [name, text] of Object.entries(scripts))
    writeFileSync(join(prestopFolder(directory), name), text);
  const path = join(directory, "prestop.log");
  const file = new LogFile({ path, maxBytes: 0, backups: 0, warn() {} });
  const logs = { file: () => file, container: null, line() {} } as unknown as BootLogs;
  const { own = 20, pressed = 10, reason = "signal", during, isPressed, env } = options;
  const { log, lines, settings, env: base } = bootContext({}, { KEPT: "kept", OUT: directory, ...env });
  const [press, skip] = [new AbortController(), new AbortController()];
  if (isPressed) press.abort();
  const before = { ...base };
  const started = performance.now();
  const running = runPrestop({
    paths: listHooks(prestopFolder(directory)),
    before: { reason, pressed: press.signal, skipped: skip.signal },
    env: base,
    settings,
    log,
    limits: { own, pressed },
    runLogged: async (script, signal) => await runLogged(script, logs, signal),
  });
  await during?.(
    () => press.abort(),
    () => skip.abort(),
  );
  await running;
  const ms = performance.now() - started;
  expect(base).toEqual(before);
  const read = (name: string) => readFileSync(join(directory, name), "utf8");
  return { output: read("prestop.log"), lines, ms, directory, read };
}

const remaining = (mark: string) =>
  scanProcesses().processes.filter(({ pid, state }) => {
    try {
      return state !== "Z" && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(mark);
    } catch {
      return false;
    }
  }).length;

test("runs scripts by name, with the reason, the time and the environment of the boot", async () => {
  const { output, lines } = await stop(
    {
      "20-second.sh":
        "#!/usr/bin/env python3\nimport os\nprint('second', os.environ['AI_DOCK_STOP_REASON'])\n",
      "10-first.sh": 'echo "first $KEPT $AI_DOCK_STOP_SECONDS"; export KEPT=other\n',
      "ignored.txt": "echo no\n",
      ".hidden.sh": "echo no\n",
    },
    { reason: "idle", own: 7 },
  );
  expect(output).toBe("first kept 7\nsecond idle\n");
  expect(lines).toEqual([
    "info Prestop scripts run before the stop scripts=2 reason=idle seconds=7",
    expect.stringMatching(/^info Prestop done failures=0 ms=\d+$/),
  ]);
});

test("a script that fails or cannot run holds up no other one", async () => {
  const { output, lines } = await stop({
    "1.sh": "echo one; exit 3\n",
    "2.sh": "#!/no/such/interpreter\n",
    "3.sh": "echo three\n",
  });
  expect(output).toBe("one\nthree\n");
  expect(lines.slice(1)).toEqual([
    expect.stringMatching(/^warn 1\.sh: expected exit code 0, got "3" after \d+ ms; the stop goes on$/),
    expect.stringMatching(/^warn 2\.sh: .*; the stop goes on$/),
    expect.stringMatching(/^info Prestop done failures=2/),
  ]);
});

describe("at the end of the time", () => {
  test("a script that hangs is ended with all it has started, deaf ones as well, and later ones do not run", async () => {
    const mark = `9${process.pid}77`;
    const { lines, ms, output } = await stop(
      {
        "1.sh": `trap '' TERM; setsid bash -c "trap '' TERM; sleep ${mark}; :" & sleep ${mark} & (sleep ${mark} &) ; while :; do sleep 0.1; done\n`,
        "2.sh": "echo two\n",
      },
      { own: 1 },
    );
    expect(remaining(mark)).toBe(0);
    expect(output).not.toContain("two");
    expect(ms).toBeLessThan(1600);
    expect(lines.slice(1, -1)).toEqual([
      "warn 1.sh: ended, as the 1 s of AI_DOCK_PRESTOP_TIMEOUT are over; the stop goes on",
      "warn 2.sh: not run, as the 1 s of AI_DOCK_PRESTOP_TIMEOUT are over",
    ]);
  });

  test("a script that obeys SIGTERM can clean up", async () => {
    const { output } = await stop(
      { "1.sh": "trap 'echo cleaned; exit' TERM; while :; do sleep 0.05; done\n" },
      { own: 1 },
    );
    expect(output).toEndWith("cleaned\n");
  });

  test("a signal brings that nearer, and never farther", async () => {
    const { ms, lines } = await stop({ "1.sh": "sleep 77\n" }, { own: 60, pressed: 0.8, isPressed: true });
    expect(ms).toBeLessThan(1300);
    expect(lines[0]).toContain("seconds=0.8");
    expect(lines[1]).toBe(
      "warn 1.sh: ended, as programs have the rest of the time of this stop (AI_DOCK_STOP_TIMEOUT); the stop goes on",
    );
    const later = await stop(
      { "1.sh": "sleep 77\n" },
      { own: 60, pressed: 0.4, during: async (press) => await Bun.sleep(100).then(press) },
    );
    expect(later.ms).toBeLessThan(1000);
    const shorter = await stop({ "1.sh": "sleep 77\n" }, { own: 0.4, pressed: 30, isPressed: true });
    expect(shorter.ms).toBeLessThan(1000);
  });

  test("a second signal is that end", async () => {
    const { ms, lines } = await stop(
      { "1.sh": "sleep 77\n", "2.sh": "true\n" },
      { during: async (_, skip) => await Bun.sleep(100).then(skip) },
    );
    expect(ms).toBeLessThan(1000);
    expect(lines.slice(1, -1)).toEqual([
      "warn 1.sh: ended, as a second signal came; the stop goes on",
      "warn 2.sh: not run, as a second signal came",
    ]);
  });
});

test("what a script leaves in the background keeps nobody waiting", async () => {
  const { ms, lines, output } = await stop({ "1.sh": "sleep 77 & echo $!\n" });
  process.kill(Number(output), "SIGKILL");
  expect(ms).toBeLessThan(3000);
  expect(lines.at(-1)).toContain("failures=0");
});

test("a script that floods ends in time", async () => {
  const { ms } = await stop({ "1.sh": "yes flood\n" }, { own: 1 });
  expect(ms).toBeLessThan(2500);
});
