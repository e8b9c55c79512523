import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startReaper } from "../../src/supervisor/reaper.ts";
import { listProcesses } from "../../src/sys/proc.ts";
import { readUsage } from "../../src/sys/process-usage.ts";
import { loneProgram, specOf } from "./spec-fixture.ts";

setDefaultTimeout(30_000);
afterAll(startReaper());

/** `burn N` computes until the shell that runs it has used N hundredths of a second. */
const script = (text: string) => [
  "bash",
  "-c",
  `burn() { local stat end=; while :; do for _ in {1..20000}; do :; done; read -r -a stat </proc/$BASHPID/stat
[ "$((stat[13] + stat[14]))" -ge "$1" ] && return; done; }
${text}`,
];

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await Bun.sleep(10);
}

test("the CPU time of a program that has ended is kept, and that of children it has waited for", async () => {
  const program = loneProgram(
    specOf("p", { command: script("(burn 30) & wait; burn 20"), autorestart: false }),
  );
  await program.start();
  await until(() => program.state === "EXITED");
  expect(program.endedCpuSeconds).toBeGreaterThan(0.45);
  expect(program.endedCpuSeconds).toBeLessThan(2);
  const before = program.endedCpuSeconds;
  await program.start();
  await until(() => program.state === "EXITED" && program.pid === null);
  expect(program.endedCpuSeconds).toBeGreaterThan(before + 0.45);
});

test("the CPU time of orphans is their program's, once they have ended; zombies still show theirs", async () => {
  // The orphan begins when its parent has been seen to end.
  const go = join(mkdtempSync(join(tmpdir(), "cpu-time-")), "go");
  const command = script(`(until [ -e ${go} ]; do sleep 0.05; done; burn 40) & exit 0`);
  const program = loneProgram(specOf("p", { command, autorestart: false, killMode: "process" }));
  await program.start();
  await until(() => program.state === "EXITED");
  expect(program.endedCpuSeconds).toBeLessThan(0.3);
  await Bun.write(go, "");
  await until(() => program.endedCpuSeconds > 0.35);
  expect(program.endedCpuSeconds).toBeLessThan(2);
});

test("a stop of a shell and what it has started loses nothing", async () => {
  const program = loneProgram(specOf("p", { command: script("(burn 30; echo; sleep 1000) & wait") }));
  await program.start();
  const used = () => {
    const { pid } = program;
    return listProcesses()
      .filter(({ ppid }) => ppid === pid)
      .reduce((sum, child) => sum + (readUsage(child.pid)?.cpuSeconds ?? 0), 0);
  };
  await until(() => used() >= 0.3);
  await program.stop();
  await until(() => program.endedCpuSeconds >= 0.3);
});
