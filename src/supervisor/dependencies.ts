import type { Program } from "./program.ts";

/** The programs that must be ready before this one starts. Unknown names are nobody's dependency. */
export function dependenciesOf(program: Program, programs: Program[]): Program[] {
  const names = program.spec.dependsOn;
  if (names.length === 0) return [];
  return programs.filter((other) => {
    if (other === program) return false;
    const { id, spec } = other;
    const answersTo = [id, spec.name, spec.group, `${spec.group}:*`, ...spec.aliases];
    return answersTo.some((name) => names.includes(name));
  });
}

/** What it still waits for, in words; undefined when it can start. */
export function waitingFor(program: Program, programs: Program[]): string | undefined {
  const missing = dependenciesOf(program, programs).filter(({ ready }) => !ready);
  if (missing.length === 0) return undefined;
  return `waiting for ${missing.map(({ id, state }) => `${id} (${state})`).join(", ")}`;
}

/** Does something to all of them at once, but to each only after it is done to those that depend on it. */
export async function dependentsFirst(
  programs: Program[],
  action: (program: Program) => Promise<void>,
): Promise<void> {
  const dependents = new Map<Program, Program[]>();
  for (const program of programs) {
    for (const needed of dependenciesOf(program, programs)) {
      dependents.set(needed, [...(dependents.get(needed) ?? []), program]);
    }
  }
  const ends = new Map<Program, Promise<void>>();
  /** `above`: who waits for this one already; in a cycle nobody waits for them. */
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
