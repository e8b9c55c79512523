import { isOwnName, nameIndex } from "./names.ts";
import type { ProgramSpec } from "./spec.ts";

type Node = Pick<ProgramSpec, "name" | "group" | "aliases" | "dependsOn">;

/**
 * Finds programs that wait for each other through depends_on: one list a cycle, each program before the one that it
 * waits for. Names that mean no program are left out.
 */
export function findCycles<Program extends Node>(programs: readonly Program[]): Program[][] {
  const dependencies = resolver(programs);
  const index = new Map<Program, number>();
  const lowest = new Map<Program, number>();
  const stack: Program[] = [];
  const onStack = new Set<Program>();
  const cycles: Program[][] = [];

  // Tarjan's strongly connected components.
  const visit = (program: Program): number => {
    const number = index.size;
    index.set(program, number);
    stack.push(program);
    onStack.add(program);
    let low = number;
    for (const next of dependencies(program)) {
      if (!index.has(next)) low = Math.min(low, visit(next));
      else if (onStack.has(next)) low = Math.min(low, index.get(next)!);
    }
    lowest.set(program, low);
    if (low === number) {
      const members = stack.splice(stack.indexOf(program));
      for (const member of members) onStack.delete(member);
      if (members.length > 1 || dependencies(program).includes(program)) cycles.push(members);
    }
    return low;
  };
  for (const program of programs) if (!index.has(program)) visit(program);
  return cycles;
}

/** Maps each program to what it waits for. A program that names its own group waits for the other members only. */
function resolver<Program extends Node>(programs: readonly Program[]): (program: Program) => Program[] {
  const named = nameIndex(programs);
  return (program) =>
    program.dependsOn.flatMap((name) =>
      named(name).filter((other) => other !== program || isOwnName(program, name)),
    );
}
