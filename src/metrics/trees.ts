import type { MetricFacts, ProgramFacts } from "../control/metric-facts.ts";
import { readMark } from "../sys/proc.ts";
import { type ProcessUsage, readUsages } from "../sys/process-usage.ts";

/** What a program and all that it has started use. */
export interface TreeUsage {
  /** Of processes that run and that have ended. */
  cpuSeconds: number;
  residentBytes: number;
  processes: number;
}

/** Readings of /proc until one has no process of a program ending meanwhile. */
const MOST_READINGS = 3;

/** Reads what the processes of programs use. One for each reader that goes on reading: no count of CPU time goes back. */
export class Trees {
  /** The highest CPU time until now, by the mark of the program: one that is defined anew begins anew. */
  #highest = new Map<number, number>();

  /**
   * What each program uses, by its id, and the facts of the same moment: `facts` are asked for again after /proc is read,
   * as the CPU time of a process that has ended meanwhile would be in neither, or in both.
   */
  async read(
    ask: () => Promise<MetricFacts>,
  ): Promise<{ facts: MetricFacts; usages: Map<string, TreeUsage> }> {
    let facts = await ask();
    for (let reading = 1; ; reading++) {
      const usages = usagesOf(facts);
      const after = await ask();
      if (endedIn(facts) === endedIn(after) || reading === MOST_READINGS)
        return { facts: after, usages: this.#neverBack(after, usages) };
      facts = after;
    }
  }

  #neverBack(facts: MetricFacts, usages: Map<string, TreeUsage>): Map<string, TreeUsage> {
    const before = this.#highest;
    this.#highest = new Map();
    for (const { id, mark } of facts.programs) {
      const usage = usages.get(id);
      if (usage === undefined) continue;
      // The kernel forgets the time of children whose parent ignores SIGCHLD.
      usage.cpuSeconds = Math.max(usage.cpuSeconds, before.get(mark) ?? 0);
      this.#highest.set(mark, usage.cpuSeconds);
    }
    return usages;
  }
}

/** Another text whenever a process has begun or ended whose CPU time is counted. */
const endedIn = ({ programs }: MetricFacts) =>
  programs.map(({ id, pid, endedCpuSeconds }) => `${id} ${pid} ${endedCpuSeconds}`).join("\n");

function usagesOf({ pid: supervisor, programs }: MetricFacts): Map<string, TreeUsage> {
  const all = readUsages();
  const children = Map.groupBy(all.values(), ({ ppid }) => ppid);
  const below = (roots: ProcessUsage[]) => {
    const found = [...roots];
    // Grows while it is read.
    for (const { pid } of found) found.push(...(children.get(pid) ?? []));
    return found;
  };
  const own = new Set(programs.map(({ pid }) => pid));
  const orphans = Map.groupBy(
    (children.get(supervisor) ?? []).filter(({ pid }) => !own.has(pid)),
    ({ pid }) => readMark(pid),
  );
  return new Map(
    programs.map((program) => {
      const root = program.pid === null ? undefined : all.get(program.pid);
      const roots = [...(root === undefined ? [] : [root]), ...(orphans.get(program.mark) ?? [])];
      return [program.id, sumOf(program, below(roots))];
    }),
  );
}

function sumOf({ endedCpuSeconds }: ProgramFacts, processes: ProcessUsage[]): TreeUsage {
  const total = (of: (process: ProcessUsage) => number) => processes.reduce((sum, one) => sum + of(one), 0);
  return {
    cpuSeconds: endedCpuSeconds + total(({ cpuSeconds }) => cpuSeconds),
    residentBytes: total(({ residentBytes }) => residentBytes),
    processes: processes.length,
  };
}
