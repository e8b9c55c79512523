/**
 * Does random things to real programs, by many callers at once, and prints what should not have been:
 * `random-fixture.ts SEED FOLDER`. A process of its own, so that whatever is left below it is ours.
 */
import { existsSync, readFileSync } from "node:fs";
import { addLogTarget, logger } from "../../src/log.ts";
import type { ProgramSpec } from "../../src/programs/spec.ts";
import { Configuration } from "../../src/supervisor/configuration.ts";
import { isAlive, isUp, next, type Event, type State, table } from "../../src/supervisor/machine.ts";
import type { Program } from "../../src/supervisor/program.ts";
import { startReaper } from "../../src/supervisor/reaper.ts";
import { shutdown } from "../../src/supervisor/shutdown.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { update as updateTo } from "../../src/supervisor/update.ts";
import { sendSignal } from "../../src/sys/children.ts";
import { descendantsOf, listProcesses, readProcess } from "../../src/sys/proc.ts";
import { generator, randomSpecs, TWICE } from "./random-specs.ts";

const CALLERS = 8;
const CALLS_EACH = 30;
const LONGEST_PAUSE_MILLISECONDS = 40;
/** No call takes that long; those that wait for the dependency of a program, and KILL after a while, included. */
const CALL_LIMIT_MILLISECONDS = 60_000;

const EVENTS = [...new Set(Object.values(table).flatMap((row) => Object.keys(row)))] as Event[];

const [seedText = "1", folder = "/tmp"] = process.argv.slice(2);
const violations: string[] = [];
const history: string[] = [];
process.on("uncaughtException", (error) => violations.push(`thrown: ${error.stack ?? error.message}`));
process.on("unhandledRejection", (error) =>
  violations.push(`rejected: ${(error as Error).stack ?? String(error)}`),
);
addLogTarget((line) => history.push(line));

const random = generator(Number(seedText));
const supervisor = new Supervisor({
  env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", FOLDER: folder },
  serverUrl: "",
  container: null,
  logs: { open: () => null, release() {} },
});
startReaper();
supervisor.phase = "running";
/** What the configuration says changes with every reading: which programs there are, and in what edition. */
const readings: Map<string, string>[] = [];
const configuration = new Configuration(async () => {
  await Bun.sleep(1 + random(LONGEST_PAUSE_MILLISECONDS));
  const specs = randomSpecs().flatMap((spec) =>
    readings.length > 0 && random(8) === 0 ? [] : [{ ...spec, environment: { EDITION: String(random(3)) } }],
  );
  readings.push(editionsOf(specs));
  return { programs: specs, problems: [] };
});

/** Who asked for what last, and whether a stop has been answered; of restarts only the end counts. */
const requests = new Map(
  randomSpecs().map(({ name }) => [name, { number: 0, kind: "update", answered: true }]),
);
const states = new Map<Program, State>();
/** Sees every change of state: each must be one of the table, and no start may follow an answered stop. */
function watch(): void {
  void supervisor.until(() => {
    for (const program of supervisor.programs) {
      const before = states.get(program) ?? "STOPPED";
      const { innerState: state } = program;
      if (before === state) continue;
      states.set(program, state);
      if (!EVENTS.some((event) => next(before, event) === state))
        violations.push(`${program.id}: ${before} became ${state}`);
      const { kind, answered: isAnswered } = requests.get(program.id)!;
      if (state === "STARTING" && kind === "stop" && isAnswered)
        violations.push(`${program.id}: started after a stop`);
    }
    return false;
  });
}

async function caller(): Promise<void> {
  const calls: Promise<void>[] = [];
  for (let call = 0; call < CALLS_EACH; call++) {
    const one = actions[random(actions.length)]!();
    calls.push(one);
    // Some callers wait for the answer, some do not.
    if (random(2) === 0) await one;
    await Bun.sleep(random(LONGEST_PAUSE_MILLISECONDS));
  }
  await Promise.all(calls);
}

const actions = [start, start, start, stop, restart, signal, kill, update, reread];

function some(): Program[] {
  const { programs } = supervisor;
  return Array.from({ length: 1 + random(3) }, () => programs[random(programs.length)]!);
}

async function start(): Promise<void> {
  const chosen = some();
  asked("start", chosen);
  await answered(`start ${names(chosen)}`, supervisor.start(chosen));
}

async function stop(): Promise<void> {
  const chosen = some();
  const numbers = asked("stop", chosen);
  await answered(`stop ${names(chosen)}`, supervisor.stop(chosen));
  for (const [program, number] of numbers) {
    const request = requests.get(program.id)!;
    if (request.number !== number) continue;
    request.answered = true;
    if (!program.isDown) violations.push(`${program.id}: ${program.state} when its stop was answered`);
  }
}

async function restart(): Promise<void> {
  const chosen = some();
  asked("restart", chosen);
  await answered(`restart ${names(chosen)}`, supervisor.restart(chosen));
}

async function update(): Promise<void> {
  logger("test").info("update");
  await answered("update", updateAndCheck());
}

/** An update does what its own reading says, whatever is reread meanwhile. */
async function updateAndCheck(): Promise<void> {
  const { changes, problems } = await updateTo(supervisor, configuration);
  const reading = readings.at(-1)!;
  for (const { name, change } of changes)
    if (change !== "removed" && !reading.has(name)) violations.push(`${name}: ${change} without being read`);
  for (const { message } of problems) violations.push(`update: ${message}`);
  const present = editionsOf(supervisor.programs.map(({ spec }) => spec));
  if (!Bun.deepEquals(present, reading))
    violations.push(`after an update: ${JSON.stringify([...present])}, not ${JSON.stringify([...reading])}`);
  // A program that has left the configuration is a new one when it comes back.
  for (const [name, request] of requests) if (!present.has(name)) request.kind = "update";
}

async function reread(): Promise<void> {
  await answered("reread", configuration.reread());
}

function editionsOf(specs: ProgramSpec[]): Map<string, string> {
  const editions = specs.map(({ name, environment }) => [name, environment["EDITION"] ?? ""] as const);
  return new Map(editions.toSorted(([a], [b]) => a.localeCompare(b)));
}

async function signal(): Promise<void> {
  for (const program of some()) program.signal(["HUP", "TERM", "INT", "USR1"][random(4)]!, random(2) === 0);
}

async function kill(): Promise<void> {
  for (const { pid } of some()) if (pid !== null) sendSignal(pid, "KILL");
}

function asked(kind: string, chosen: Program[]): Map<Program, number> {
  logger("test").info(`${kind} ${names(chosen)}`);
  for (const program of chosen) {
    const number = requests.get(program.id)!.number + 1;
    requests.set(program.id, { number, kind, answered: false });
  }
  return new Map(chosen.map((program) => [program, requests.get(program.id)!.number]));
}

/** Every call has an answer, and none of them is an error. */
async function answered(what: string, call: Promise<unknown>): Promise<void> {
  const limit = Promise.withResolvers<"late">();
  const timer = setTimeout(() => limit.resolve("late"), CALL_LIMIT_MILLISECONDS);
  try {
    if ((await Promise.race([call, limit.promise])) === "late") violations.push(`no answer: ${what}`);
  } catch (error) {
    violations.push(`${what}: ${(error as Error).stack}`);
  }
  clearTimeout(timer);
}

/** A program that keeps crashing is restarted after ever longer delays. */
async function delaysGrow(): Promise<void> {
  const [crashes] = supervisor.find(["crashes"]) as [Program];
  await supervisor.stop([crashes]);
  const from = history.length;
  asked("start", [crashes]);
  await supervisor.start([crashes]);
  const began = crashes.restarts;
  await supervisor.until(() => crashes.restarts >= began + 6);
  const times = history
    .slice(from)
    .filter((line) => line.includes("crashes started"))
    .map((line) => Date.parse(line.split(" ")[0]!));
  const ended = history
    .slice(from)
    .filter((line) => line.includes("crashes ended"))
    .map((line) => Date.parse(line.split(" ")[0]!));
  const delays = times.slice(1).map((time, index) => time - ended[index]!);
  // Clocks and timers round to milliseconds, and a busy machine adds to every delay.
  const least = [0, 100, 200, 400].map((delay) => delay - 2);
  if (delays.length < least.length || least.some((delay, index) => delays[index]! < delay))
    violations.push(`delays after crashes: ${delays.join(", ")}`);
}

/** What a state says of the process is so: there is one of ours, or there is none that holds the lock. */
function checkReality(): void {
  for (const { id, innerState: state, pid } of supervisor.programs) {
    if (pid !== null) {
      if (readProcess(pid)?.ppid !== process.pid) violations.push(`${id}: ${state}, but no process ${pid}`);
      continue;
    }
    if (isAlive(state)) violations.push(`${id}: ${state} without a process`);
    const lock = `${folder}/${id}.lock`;
    const isFree = !existsSync(lock) || Bun.spawnSync(["flock", "-n", lock, "true"]).exitCode === 0;
    if (!isFree && isHolderThere(id)) violations.push(`${id}: ${state}, but an instance runs`);
  }
}

/** False where a child that was forked just before its parent was killed has the lock still. */
function isHolderThere(id: string): boolean {
  const file = `${folder}/${id}.pid`;
  return !existsSync(file) || readProcess(Number(readFileSync(file, "latin1"))) !== undefined;
}

function names(chosen: Program[]): string {
  return chosen.map(({ id }) => id).join(" ");
}

watch();
await update();
await Promise.all(Array.from({ length: CALLERS }, caller));
// Whatever has left the configuration is back for what follows.
for (const spec of randomSpecs())
  if (!supervisor.programs.some(({ id }) => id === spec.name)) supervisor.add(spec);
await delaysGrow();
checkReality();
await answered("stop all", supervisor.stop(supervisor.programs));
for (const { id, state, pid } of supervisor.programs) {
  if (isUp(state) || pid !== null)
    violations.push(`${id}: ${state} with pid ${pid} after everything was stopped`);
}
await answered("shutdown", shutdown(supervisor, 5, new AbortController().signal));
const left = descendantsOf(process.pid, listProcesses()).filter(({ state }) => state !== "Z");
if (left.length > 0) violations.push(`left behind: ${left.map(({ pid }) => pid).join(", ")}`);
violations.push(...history.filter((line) => line.includes(`ended: exit code ${TWICE}`)));
const starts = history.filter((line) => / started /.test(line)).length;
process.stdout.write(JSON.stringify({ violations, starts, history: violations.length > 0 ? history : [] }));
process.exit(0);
