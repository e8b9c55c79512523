import { programId } from "../programs/names.ts";
import type { ProgramSpec } from "../programs/spec.ts";
import { type Problem, problemOf } from "../programs/problem.ts";
import { type Configuration, configured, type Reading, sameButCheck, sameProgram } from "./configuration.ts";
import type { Program } from "./program.ts";
import type { Supervisor } from "./supervisor.ts";

/** What an update did to one program. */
export interface Change {
  name: string;
  group: string;
  change: "added" | "changed" | "removed";
}

export interface Update {
  changes: Change[];
  problems: Problem[];
}

/**
 * Reads the configuration again and makes the programs follow it: stops those that are gone, restarts those
 * that differ in more than their check, starts those that are new, and touches no other. Does not wait for them to come up.
 * Updates and rereads run one after the other.
 */
export async function update(supervisor: Supervisor, configuration: Configuration): Promise<Update> {
  return configuration.follow((reading) => apply(supervisor, reading));
}

async function apply(supervisor: Supervisor, { programs: specs, problems }: Reading): Promise<Update> {
  const wanted = new Map(specs.map((spec) => [programId(spec), spec]));
  const present = new Map(configured(supervisor).map((program) => [program.id, program]));

  const checked = checkOtherwise(configured(supervisor), wanted);
  const differing = configured(supervisor).filter(({ id, definition }) => {
    const next = wanted.get(id);
    return next === undefined || !sameProgram(definition, next);
  });
  await supervisor.takeDown(differing);
  const hanging = await removeAll(supervisor, differing);
  for (const program of hanging) {
    const { id, reason } = program;
    problems.push(problemOf({ severity: "error", text: `${id}: ${reason}; update again when it has ended` }));
    // A program that hangs and is still wanted is up again once it has ended.
    if (!wanted.has(id)) program.requestStop();
  }
  const gone = differing.filter((program) => !hanging.includes(program));

  const before = new Map(gone.map((program) => [program.id, program]));
  // Someone may have added what is missing meanwhile.
  const missing = specs.filter((spec) => !supervisor.programs.some(({ id }) => id === programId(spec)));
  const changed = missing.filter((spec) => before.has(programId(spec)));
  const added = missing.filter((spec) => !present.has(programId(spec)));
  const programs = [...changed, ...added].map((spec) => supervisor.add(spec));
  // What someone has stopped stays so, in its new version as well.
  for (const program of programs) if (before.get(program.id)?.stoppedByRequest) program.requestStop();
  await supervisor.autostart(programs.filter(({ stoppedByRequest }) => !stoppedByRequest));

  const tell = (change: Change["change"]) => (spec: { name: string; group: string }) => ({
    name: spec.name,
    group: spec.group,
    change,
  });
  const removed = gone.filter(({ id }) => !wanted.has(id)).map(({ spec }) => spec);
  return {
    changes: [
      ...removed.map(tell("removed")),
      ...[...changed, ...checked].map(tell("changed")),
      ...added.map(tell("added")),
    ],
    problems,
  };
}

/** Gives programs that differ in nothing else their new checks, without a restart; the definitions of these. */
function checkOtherwise(programs: Program[], wanted: Map<string, ProgramSpec>): ProgramSpec[] {
  return programs.flatMap((program) => {
    const { id, definition } = program;
    const next = wanted.get(id);
    if (next === undefined || sameProgram(definition, next) || !sameButCheck(definition, next)) return [];
    program.checkAs(next);
    return [next];
  });
}

/** Removes programs that are down; gives back those that hang. Someone may have started one again since it was stopped. */
async function removeAll(supervisor: Supervisor, programs: Program[]): Promise<Program[]> {
  const hanging: Program[] = [];
  for (const program of programs) {
    while (!supervisor.remove(program) && !hanging.includes(program)) {
      await supervisor.takeDown([program]);
      if (program.innerState === "HUNG") hanging.push(program);
    }
  }
  return hanging;
}
