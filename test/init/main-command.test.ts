import { EventEmitter, once } from "node:events";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { runMainCommand } from "../../src/init/main-command.ts";
import { Signals } from "../../src/init/signals.ts";

const env = { PATH: process.env["PATH"] ?? "" };
const never = new Promise<number>(() => undefined);

function start(command: string[], options: { stopTimeout?: number; giveUp?: Promise<number> } = {}) {
  const source = new EventEmitter();
  const signals = new Signals(source);
  const { stopTimeout = 60, giveUp = never } = options;
  return { signals, source, ended: runMainCommand({ command, env, signals, stopTimeout, giveUp }) };
}

/** A shell script that runs until it is ended, with its traps in place from `up()` on. */
async function script(text: string) {
  const file = join(mkdtempSync(join(tmpdir(), "main-command-")), "up");
  const command = ["bash", "-c", `${text}; echo $$ > ${file}; while :; do sleep 0.02; done`];
  const pid = () => Number(existsSync(file) ? readFileSync(file, "utf8") : "");
  const up = async () => {
    while (pid() === 0) await Bun.sleep(5);
  };
  const kill = () => process.kill(-pid(), "SIGKILL");
  return { command, up, [Symbol.dispose]: kill };
}

test.each([
  [["true"], 0],
  [["sh", "-c", "exit 42"], 42],
  [["sh", "-c", "kill -TERM $$"], 143],
  [["/etc/passwd"], 126],
  [["no-such-program"], 127],
])("%p ends with %d, and stops the container when it ran", async (command, code) => {
  expect(await start(command).ended).toBe(code);
});

test("its end aborts the stop signal", async () => {
  const { signals, ended } = start(["true"]);
  const stopped = once(signals.stop, "abort");
  await ended;
  await stopped;
  expect(signals.hurry.aborted).toBe(false);
});

test("signals reach it, and its own code is the result", async () => {
  const { command, up } = await script('trap "exit 5" USR1');
  const { source, ended } = start(command);
  await up();
  source.emit("SIGUSR1");
  expect(await ended).toBe(5);
});

test("a request to stop is a SIGTERM for it, and a clean end", async () => {
  const { command, up } = await script('trap "exit 5" TERM');
  const { signals, ended } = start(command);
  await up();
  signals.requestStop();
  expect(await ended).toBe(0);
});

test("one that does not obey SIGTERM is given up when its time is over", async () => {
  using stubborn = await script('trap "" TERM');
  const { source, ended } = start(stubborn.command, { stopTimeout: 0 });
  await stubborn.up();
  source.emit("SIGTERM");
  expect(await ended).toBe(137);
});

test("a program that turned FATAL ends the wait for it", async () => {
  using running = await script(":");
  const fatal = Promise.withResolvers<number>();
  const { signals, ended } = start(running.command, { giveUp: fatal.promise });
  await running.up();
  fatal.resolve(1);
  expect(await ended).toBe(1);
  expect(signals.stop.aborted).toBe(true);
});
