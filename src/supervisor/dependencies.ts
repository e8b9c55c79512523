import type { Program } from "./program.ts";

/** The programs that must be ready before this one starts. Unknown names are nobody's dependency. */
export function dependenciesOf(program: Program, programs: Program[]): Program[] {
  const names = program.spec.dependsOn;
  return programs.filter(({ id, spec }) =>
    [id, spec.name, spec.group, `${spec.group}:*`, ...spec.aliases].some((name) => names.includes(name)),
  );
}

/** What it still waits for, in words; undefined when it can start. */
export function waitingFor(program: Program, programs: Program[]): string | undefined {
  const missing = dependenciesOf(program, programs).filter(({ ready }) => !ready);
  if (missing.length === 0) return undefined;
  return `waiting for ${missing.map(({ id, state }) => `${id} (${state})`).join(", ")}`;
}
