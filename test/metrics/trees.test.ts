import { afterAll, afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { metricFacts } from "../../src/control/metric-facts.ts";
import { Trees } from "../../src/metrics/trees.ts";
import { startReaper } from "../../src/supervisor/reaper.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { bareSupervisor, specOf } from "../supervisor/spec-fixture.ts";

setDefaultTimeout(30_000);
afterAll(startReaper());

let supervisor = new Supervisor(bareSupervisor);
afterEach(async () => {
  await supervisor.stop(supervisor.programs);
  supervisor = new Supervisor(bareSupervisor);
});

const facts = async () =>
  metricFacts({
    supervisor,
    version: "1.2.3",
    environment: () => ({ env: {} }),
    idle: { state: () => null },
  });

/** `burn N` computes until the shell that runs it has used N hundredths of a second. */
const BURN = `burn() { local stat; while :; do for _ in {1..20000}; do :; done; read -r -a stat </proc/$BASHPID/stat
[ "$((stat[13] + stat[14]))" -ge "$1" ] && return; done; }
`;

async function start(script: string) {
  const program = supervisor.add(
    specOf("p", { command: ["bash", "-c", BURN + script], autorestart: false, stopwaitsecs: 1 }),
  );
  await supervisor.begin([program]);
  return program;
}

const read = async (trees: Trees) => (await trees.read(facts)).usages.get("p");

async function until<Value>(value: () => Promise<Value>, isSo: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const now = await value();
    if (isSo(now)) return now;
    await Bun.sleep(20);
  }
}

test("children, grandchildren and orphans are a program's, others are not", async () => {
  const other = Bun.spawn(["sleep", "1000"]);
  const trees = new Trees();
  // A child, its child, and one whose parent has ended, in a session of its own.
  await start("bash -c 'sleep 1000 & wait' & bash -c 'setsid sleep 1000 & exit 0'; wait");
  const usage = await until(
    () => read(trees),
    (found) => found?.processes === 4,
  );
  expect(usage?.residentBytes).toBeGreaterThan(4 * 500_000);
  expect(usage?.residentBytes).toBeLessThan(100_000_000);
  other.kill();
});

test("CPU time is there while processes run, end and are stopped, and never goes back", async () => {
  const trees = new Trees();
  const seen: number[] = [];
  const look = async () => {
    const { cpuSeconds = 0 } = (await read(trees)) ?? {};
    seen.push(cpuSeconds);
    return cpuSeconds;
  };
  const program = await start("(burn 20) & (burn 30 & exit 0); wait; burn 10; (burn 20; sleep 1000) & wait");
  await until(look, (seconds) => seconds > 0.75);
  await supervisor.stop([program]);
  await until(look, () => program.state === "STOPPED");
  const stopped = await look();
  expect(stopped).toBeGreaterThan(0.75);
  await supervisor.begin([program]);
  await until(look, (seconds) => seconds > stopped + 0.5);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  // Nothing was counted twice: no reading is beyond what the machine could have done in that time.
  expect(seen.at(-1)).toBeLessThan(3);
});

test("where the kernel forgets the time of children, the count stands still and does not fall", async () => {
  const trees = new Trees();
  const seen = join(mkdtempSync(join(tmpdir(), "trees-")), "seen");
  const child = `1 while (times)[0] < 0.5; select undef, undef, undef, 0.02 until -e "${seen}"; exit`;
  const program = await start(`exec perl -e '$SIG{CHLD} = "IGNORE"; if (fork == 0) { ${child} } sleep 1000'`);
  const before = await until(
    () => read(trees),
    (usage) => (usage?.cpuSeconds ?? 0) > 0.35,
  );
  writeFileSync(seen, "");
  const after = await until(
    () => read(trees),
    (usage) => usage !== undefined && usage.processes < (before?.processes ?? 0),
  );
  expect(after?.cpuSeconds).toBeGreaterThanOrEqual(before?.cpuSeconds ?? 0);
  // Who has not looked before cannot know.
  expect((await read(new Trees()))?.cpuSeconds).toBeLessThan(0.3);
  expect(program.pid).not.toBeNull();
});

test("a program that is defined anew begins anew", async () => {
  const trees = new Trees();
  const program = await start("burn 30; sleep 1000");
  await until(
    () => read(trees),
    (usage) => (usage?.cpuSeconds ?? 0) > 0.25,
  );
  await supervisor.stop([program]);
  supervisor.remove(program);
  await start("sleep 1000");
  expect((await read(trees))?.cpuSeconds).toBeLessThan(0.2);
});

test("facts of a moment in which something ended are asked for again", async () => {
  const trees = new Trees();
  const program = await start("burn 20; sleep 1000");
  await until(
    () => read(trees),
    (usage) => (usage?.cpuSeconds ?? 0) > 0.15,
  );
  let asked = 0;
  const { facts: now, usages } = await trees.read(async () => {
    // Just after /proc was read.
    if (++asked === 2) await supervisor.stop([program]);
    return await facts();
  });
  expect(asked).toBe(3);
  expect(now.programs[0]?.state).toBe("STOPPED");
  expect(usages.get("p")).toMatchObject({ processes: 0, residentBytes: 0 });
  expect(usages.get("p")?.cpuSeconds).toBeGreaterThan(0.15);
});
