/**
 * Shuts a supervisor down, `shutdown-fixture.ts SPECS SECONDS HOW`, and prints in which order its programs ended, how,
 * and what is left. A process of its own, as everything below it ends.
 */
import { closeSync, openSync } from "node:fs";
import type { ProgramSpec } from "../../src/programs/spec.ts";
import { startReaper } from "../../src/supervisor/reaper.ts";
import { shutdown } from "../../src/supervisor/shutdown.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { spawnChild } from "../../src/sys/children.ts";
import { descendantsOf, listProcesses } from "../../src/sys/proc.ts";
import { bareSupervisor, specOf } from "./spec-fixture.ts";

const [specs = "[]", seconds, how] = process.argv.slice(2);
startReaper();
const supervisor = new Supervisor(bareSupervisor);
supervisor.phase = "running";
for (const spec of JSON.parse(specs) as (Partial<ProgramSpec> & { name: string })[]) {
  // What is prepared until the first of the others is being stopped.
  const isStopped = () => supervisor.programs.some(({ state }) => state === "STOPPING");
  const prepare =
    spec.name === "late" ? { prepare: () => supervisor.until(isStopped).then(() => undefined) } : {};
  supervisor.add(specOf(spec.name, { ready: { kind: "observed" }, ...spec, ...prepare, ...becomesReady() }));
}
/** Ready with its first output, so that traps are set. */
function becomesReady(): Partial<ProgramSpec> {
  return { observe: (observed) => ({ onOutput: () => observed.ready(true) }) };
}

const { programs } = supervisor;
const waited = programs.filter(({ spec }) => spec.name !== "late");
void supervisor.begin(programs);
await supervisor.until(() => waited.every(({ ready }) => ready));
// A stray: no program's, deaf, and in a session of its own.
await spawnChild({
  command: ["setsid", "--fork", "bash", "-c", "trap '' TERM; while :; do sleep 0.02; done"],
  env: bareSupervisor.env,
  stdout: "ignore",
  stderr: "ignore",
}).exited;

const ended: string[] = [];
void supervisor.until(() => {
  for (const { id, state } of programs) if (state === "STOPPED" && !ended.includes(id)) ended.push(id);
  return false;
});
/** Takes every file descriptor that there is. */
function exhaust(): number[] {
  const taken: number[] = [];
  for (;;) {
    try {
      taken.push(openSync("/dev/null", "r"));
    } catch {
      return taken;
    }
  }
}

const taken = how === "exhausted" ? exhaust() : [];
const hurried = new AbortController();
const done = shutdown(supervisor, Number(seconds), hurried.signal);
if (how === "hurry") hurried.abort();
// What others give back in the end, as programs do whose pipes close.
if (how === "exhausted") setTimeout(() => taken.forEach((fd) => closeSync(fd)), 600);
await done;
const remaining = () => descendantsOf(process.pid, listProcesses()).filter(({ state }) => state !== "Z");
// On a busy machine a process that was killed takes its time to be gone; one that was not stays.
for (let look = 0; look < 400 && remaining().length > 0; look++) await Bun.sleep(50);
const ends = Object.fromEntries(programs.map(({ id, exit }) => [id, exit?.signal ?? exit?.code ?? null]));
process.stdout.write(JSON.stringify({ ended, ends, left: remaining().length }));
process.exit(0);
