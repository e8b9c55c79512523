import { nameIndex } from "../programs/names.ts";
import type { ProgramSpec } from "../programs/spec.ts";
import type { Program } from "./program.ts";

/** The programs that must be ready before this one starts. Unknown names are nobody's dependency. */
export function dependenciesOf(program: Program, programs: Program[]): Program[] {
  return dependencyFinder(programs)(program);
}

/** The same for many programs: builds the index of names once, and only when some program depends on another. */
export function dependencyFinder(programs: Program[]): (program: Program) => Program[] {
  let named: ((name: string) => ProgramSpec[]) | undefined;
  return ({ spec }) => {
    if (spec.dependsOn.length === 0) return [];
    named ??= nameIndex(programs.map((program) => program.spec));
    const needed = new Set(spec.dependsOn.flatMap(named));
    needed.delete(spec);
    return programs.filter((other) => needed.has(other.spec));
  };
}

/** What a program still waits for, in words; undefined when it can start. */
export function waitingFor(program: Program, programs: Program[]): string | undefined {
  const missing = dependenciesOf(program, programs).filter(({ ready }) => !ready);
  if (missing.length === 0) return undefined;
  return `waiting for ${missing.map(({ id, state }) => `${id} (${state})`).join(", ")}`;
}

/** Runs `action` for all programs at once, except that a program comes after all that depend on it. */
export async function dependentsFirst(
  programs: Program[],
  action: (program: Program) => Promise<void>,
): Promise<void> {
  const dependents = new Map<Program, Program[]>();
  const dependencies = dependencyFinder(programs);
  for (const program of programs) {
    for (const needed of dependencies(program)) {
      dependents.set(needed, [...(dependents.get(needed) ?? []), program]);
    }
  }
  const ends = new Map<Program, Promise<void>>();
  /** `above`: the programs that wait for this one already, and are not waited for in a cycle. */
  const end = (program: Program, above: Program[]): Promise<void> => {
    const known = ends.get(program);
    if (known !== undefined) return known;
    const path = [...above, program];
    const first = (dependents.get(program) ?? []).filter((dependent) => !path.includes(dependent));
    const promise =
      first.length === 0
        ? action(program)
        : Promise.all(first.map((dependent) => end(dependent, path))).then(() => action(program));
    ends.set(program, promise);
    return promise;
  };
  await Promise.all(programs.map((program) => end(program, [])));
}
