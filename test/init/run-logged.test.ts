import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BootLogs } from "../../src/init/logs.ts";
import { runLogged } from "../../src/init/run-logged.ts";
import { startClock, stoppedClock } from "../stopped-clock.ts";
import { LogFile } from "../../src/logs/write/log-file.ts";
import { isRunning, type ProcessInfo, readProcess } from "../../src/sys/proc.ts";

afterEach(startClock);

const PATH = process.env["PATH"] ?? "";

/** Runs a bash script whose output is the pids of processes to look at; resolves with those that still run. */
async function survivors(
  script: string,
  more: { timeout?: number; signal?: AbortSignal },
  whenReady: (running: Promise<unknown>, found: ProcessInfo[]) => Promise<void> = () => Promise.resolve(),
) {
  const path = join(mkdtempSync(join(tmpdir(), "run-logged-")), "a.log");
  const found: ProcessInfo[] = [];
  const file = new LogFile({ path, maxBytes: 0, backups: 0, warn() {} });
  const logs = { file: () => file, container: null, line() {} } as unknown as BootLogs;
  const { signal = new AbortController().signal, ...options } = more;
  const running = runLogged(
    { name: "script", command: ["bash", "-c", script], env: { PATH }, ...options },
    logs,
    signal,
  );
  const ended = new AbortController();
  void running.finally(() => ended.abort());
  while (!ended.signal.aborted && !readFileIfThere(path).includes("ready")) await Bun.sleep(5);
  for (const pid of readFileIfThere(path).match(/\d+/g) ?? []) {
    const info = readProcess(Number(pid));
    if (info !== undefined) found.push(info);
  }
  expect(found.length).toBeGreaterThan(0);
  await whenReady(running, found);
  const { code } = await running;
  const left = found.filter(isRunning);
  for (const { pid } of left) process.kill(pid, "SIGKILL");
  return { code, left: left.length };
}

function readFileIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

const deaf = "(trap '' TERM; exec sleep 77) & echo $!";

test.concurrent.each([
  ["what ignores TERM while its parent does not", `${deaf}; sleep 0.1; echo ready; wait`],
  [
    "what has left the group",
    "setsid bash -c 'trap \"\" TERM; echo $$; sleep 77; :' & sleep 0.1; echo ready; wait",
  ],
  ["what has lost its parent", `(${deaf}); sleep 0.1; echo ready; sleep 77`],
])(
  "a time-out ends %s",
  async (_, script) => {
    // Time enough to begin with.
    const { code, left } = await survivors(script, { timeout: 6 });
    expect({ code, left }).toEqual({ code: 143, left: 0 });
  },
  40_000,
);

test("an abort ends all, and waits no longer than it has to", async () => {
  const stop = new AbortController();
  const script = "sleep 77 & echo $!; echo ready; wait";
  let waited = 0;
  const { left } = await survivors(script, { signal: stop.signal }, async (running, found) => {
    using clock = stoppedClock();
    stop.abort();
    await clock.runUntil(() => !found.some(isRunning));
    // From here on nothing is left that is worth waiting for.
    waited = await clock.runUntil(running);
  });
  expect(left).toBe(0);
  expect(waited).toBeLessThan(500);
});

test.each([
  ["is not there", ["no-such-command"], {}, 127],
  ["is no program", ["/etc/passwd"], {}, 126],
  // The nearest that can be had without filling the machine with processes.
  ["the kernel does not start now", ["true"], { LONG: "x".repeat(200_000) }, 1],
])("a command that %s is told from others by its exit code", async (_, command, env, code) => {
  const lines: string[] = [];
  const path = join(mkdtempSync(join(tmpdir(), "run-logged-")), "a.log");
  const file = new LogFile({ path, maxBytes: 0, backups: 0, warn() {} });
  const line = (_name: string, text: string) => void lines.push(text);
  const logs = { file: () => file, container: null, line } as unknown as BootLogs;
  const { signal } = new AbortController();
  const exit = await runLogged({ name: "script", command, env: { PATH, ...env } }, logs, signal);
  expect(exit).toEqual({ code });
  expect(lines).toHaveLength(1);
});

test("what a script leaves behind goes on", async () => {
  const { code, left } = await survivors("sleep 77 & echo $!; echo ready; sleep 0.2", { timeout: 60 });
  expect({ code, left }).toEqual({ code: 0, left: 1 });
});

const canHang =
  process.getuid?.() === 0 && Bun.spawnSync(["unshare", "-m", "test", "-e", "/dev/fuse"]).success;

test.skipIf(!canHang)(
  "a stop does not wait for what no signal ends, as a process that reads from a hung volume",
  async () => {
    const volume = mkdtempSync(join(tmpdir(), "hung-volume-"));
    const fixture = `${import.meta.dir}/../fixtures/hung-fuse-fixture.ts`;
    const server = Bun.spawn(["unshare", "-m", process.execPath, fixture, volume], { stdout: "pipe" });
    try {
      await server.stdout.getReader().read();
      const stop = new AbortController();
      const script = `echo $$ ready; exec nsenter --mount=/proc/${server.pid}/ns/mnt cat ${volume}/file`;
      const { code } = await survivors(script, { signal: stop.signal }, async (_, found) => {
        const [{ pid } = { pid: 0 }] = found;
        while (!/^State:\s+[DS].*/m.test(status(pid)) || !status(pid).startsWith("Name:\tcat"))
          await Bun.sleep(5);
        stop.abort();
      });
      expect(code).toBe(137);
    } finally {
      server.kill("SIGKILL");
    }
  },
  60_000,
);

const status = (pid: number) => readFileIfThere(`/proc/${pid}/status`);
