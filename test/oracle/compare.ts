import type { Problem } from "../../src/programs/problem.ts";
import type { Readings } from "./run.ts";
import { normalised, type ProcessView, viewOf } from "./view.ts";

export interface Comparable {
  refused: boolean;
  processes: ProcessView[];
}

/**
 * Both readings in a form that is equal when they mean the same. A refusal compares as such: we leave out
 * only what is wrong, supervisord everything.
 */
export function comparable({ supervisord, ours }: Readings): { supervisord: Comparable; ours: Comparable } {
  const refused = ours.problems.some(isError);
  const own = { refused, processes: refused ? [] : ours.programs.map(viewOf) };
  if ("refused" in supervisord) return { supervisord: { refused: true, processes: [] }, ours: own };
  return {
    supervisord: { refused: false, processes: supervisord.processes.map(normalised).toSorted(byPriority) },
    ours: own,
  };
}

/** Within a group supervisord keeps the order of programs=; the start order is by priority all the same. */
function byPriority(a: ProcessView, b: ProcessView): number {
  if (a.group !== b.group) return 0;
  return a.priority - b.priority || (a.name < b.name ? -1 : 1);
}

/** True for what supervisord would refuse, and for what is wrong in our own keys. */
export function isError({ severity }: Problem): boolean {
  return severity === "error";
}
