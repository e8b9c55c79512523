import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HealthFile, keepHealthFile } from "../../src/init/health-file.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { bareSupervisor, specOf } from "../supervisor/spec-fixture.ts";

const SCRIPT = readFileSync(new URL("../../src/init/health-probe.sh", import.meta.url), "utf8");

/** Ends with code 1 at once, and is not started again. */
const failing = specOf("failing", { command: ["/bin/false"], startsecs: 1, startretries: 0 });

/** A folder with the image's probe, which reads `file` there and has a stand-in for the program. */
function probeFolder() {
  const folder = mkdtempSync(join(tmpdir(), "health-"));
  const [file, probe, program] = ["health", "probe", "program"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(program, '#!/bin/sh\necho "asked: $*"\nexit 9\n', { mode: 0o755 });
  const script = SCRIPT.replace("/run/ai-dock/health", file).replace("/usr/local/bin/ai-dock", program);
  writeFileSync(probe, script, { mode: 0o755 });
  return {
    file,
    probe() {
      const { stdout, exitCode } = Bun.spawnSync(["/bin/sh", probe], { stderr: "inherit" });
      return `${exitCode} ${stdout.toString()}`;
    },
    async tells(answer: string) {
      while (!existsSync(file) || this.probe() !== answer) await Bun.sleep(5);
    },
  };
}

const ASKED = "9 asked: health --started\n";

async function withFile(
  action: (all: {
    folder: ReturnType<typeof probeFolder>;
    supervisor: Supervisor;
    kept: HealthFile;
  }) => Promise<void>,
  renewMilliseconds?: number,
) {
  const [folder, supervisor] = [probeFolder(), new Supervisor(bareSupervisor)];
  const kept = keepHealthFile(supervisor, folder.file, renewMilliseconds);
  try {
    await action({ folder, supervisor, kept });
  } finally {
    kept.close();
    await supervisor.stop(supervisor.programs);
  }
}

test("the probe tells the health of a life from the file alone", async () => {
  await withFile(async ({ folder, supervisor, kept }) => {
    await folder.tells("3 unhealthy: booting\n");
    expect(statSync(folder.file).mode & 0o777).toBe(0o600);
    const broken = supervisor.add(failing);
    supervisor.phase = "running";
    await supervisor.autostart();
    await folder.tells("1 unhealthy: running\nfailing: FATAL (Exited too quickly (exit code 1))\n");
    await supervisor.stop([broken]);
    // That is no change of its state.
    kept.refresh();
    await folder.tells("0 healthy\n");
    await supervisor.start([broken]);
    await folder.tells("0 alive: running\nfailing: FATAL (Exited too quickly (exit code 1))\n");
    kept.close();
    expect(existsSync(folder.file)).toBe(false);
    expect(folder.probe()).toBe(ASKED);
  });
});

test("the file is renewed though nothing changes", async () => {
  await withFile(async ({ folder }) => {
    await folder.tells("3 unhealthy: booting\n");
    const { ino } = statSync(folder.file);
    while (statSync(folder.file).ino === ino) await Bun.sleep(5);
    expect(folder.probe()).toBe("3 unhealthy: booting\n");
  }, 10);
});

test("a health too long for a shell is left to the supervisor to tell", async () => {
  await withFile(async ({ folder, supervisor }) => {
    await folder.tells("3 unhealthy: booting\n");
    const [command, stderr] = [[`/nowhere/${"x".repeat(5000)}`], "stdout" as const];
    supervisor.add(specOf("long", { command, stderr, startretries: 0 }));
    supervisor.phase = "running";
    await supervisor.autostart();
    while (existsSync(folder.file)) await Bun.sleep(5);
    expect(folder.probe()).toBe(ASKED);
  });
});

test("the probe asks the supervisor itself where the file does not hold", async () => {
  const folder = probeFolder();
  expect(folder.probe()).toBe(ASKED);
  await using sleep = Bun.spawn(["/bin/sleep", "1000"]);
  const stat = () => readFileSync(`/proc/${sleep.pid}/stat`, "latin1").split(" ");
  const started = stat()[21] ?? "";
  const now = Math.floor(Number(readFileSync("/proc/uptime", "latin1").split(" ")[0]));
  const answer = (line: string) => {
    writeFileSync(folder.file, `${line}\nhealthy\n`);
    return folder.probe();
  };
  const good = `ai-dock-health-1 ${sleep.pid} ${started} ${now + 1000} 0`;
  expect(answer(good)).toBe("0 healthy\n");
  expect(answer(good.replace("health-1", "health-2"))).toBe(ASKED);
  expect(answer(`ai-dock-health-1 ${sleep.pid} ${started} ${now} 0`)).toBe(ASKED);
  expect(answer(`ai-dock-health-1 ${sleep.pid} ${Number(started) + 1} ${now + 1000} 0`)).toBe(ASKED);
  expect(answer(`ai-dock-health-1 ${sleep.pid} ${started}`)).toBe(ASKED);
  expect(answer("")).toBe(ASKED);
  // A process that is stopped answers nobody, whatever it has written.
  sleep.kill("SIGSTOP");
  while (stat()[2] !== "T") await Bun.sleep(1);
  expect(answer(good)).toBe(ASKED);
  sleep.kill("SIGCONT");
  while (stat()[2] !== "S") await Bun.sleep(1);
  expect(answer(good)).toBe("0 healthy\n");
  sleep.kill("SIGKILL");
  await sleep.exited;
  expect(answer(good)).toBe(ASKED);
});

test.skipIf(process.getuid?.() !== 0)("the file of another user is not believed", async () => {
  const folder = probeFolder();
  const { pid } = process;
  const started = readFileSync(`/proc/${pid}/stat`, "latin1").split(" ")[21];
  writeFileSync(folder.file, `ai-dock-health-1 ${pid} ${started} 9999999999 0\nhealthy\n`);
  expect(folder.probe()).toBe("0 healthy\n");
  Bun.spawnSync(["chown", "65534", folder.file]);
  expect(folder.probe()).toBe(ASKED);
});
