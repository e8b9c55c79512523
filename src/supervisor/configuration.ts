import { logger } from "../log.ts";
import { programId } from "../programs/names.ts";
import type { Problem } from "../programs/problem.ts";
import type { ProgramSpec } from "../programs/spec.ts";
import type { Program } from "./program.ts";
import type { Supervisor } from "./supervisor.ts";

const log = logger("programs");

/** What was read, and what was wrong with it. */
export interface Reading {
  programs: ProgramSpec[];
  problems: Problem[];
}

/** Names of groups, as supervisord's reread tells them. */
export interface GroupChanges {
  added: string[];
  changed: string[];
  removed: string[];
}

/** The programs there should be, as the configuration said when it was last read. */
export class Configuration {
  #specs: ProgramSpec[] = [];
  #queue: Promise<unknown> = Promise.resolve();
  readonly #read: () => Promise<Reading>;

  /** `read` reads the configuration; it has not been read yet. */
  constructor(read: () => Promise<Reading>) {
    this.#read = read;
  }

  get specs(): readonly ProgramSpec[] {
    return this.#specs;
  }

  /** Reads the configuration; nothing else changes. Waits for an update that is under way. */
  async reread(): Promise<Problem[]> {
    return this.follow(({ problems }) => problems);
  }

  /** Reads the configuration and does something with the reading; one caller after the other, so that no two readings mix. */
  async follow<Result>(action: (reading: Reading) => Result | Promise<Result>): Promise<Result> {
    const result = this.#queue.then(async () => {
      const { programs, problems } = await this.#read();
      this.#specs = [...programs, ...keptDespite(problems, this.#specs, programs)];
      return action({ programs: this.#specs, problems });
    });
    this.#queue = result.catch(() => undefined);
    return result;
  }

  group(name: string): ProgramSpec[] {
    return this.#specs.filter(({ group }) => group === name);
  }

  /** What an update would change, by group. */
  groupChanges(supervisor: Supervisor): GroupChanges {
    const wanted = Map.groupBy(this.#specs, ({ group }) => group);
    const present = Map.groupBy(
      configured(supervisor).map(({ definition }) => definition),
      ({ group }) => group,
    );
    const names = [...wanted.keys()];
    return {
      added: names.filter((name) => !present.has(name)),
      changed: names.filter((name) => {
        const before = present.get(name);
        return before !== undefined && !sameGroup(before, wanted.get(name) ?? []);
      }),
      removed: [...present.keys()].filter((name) => !wanted.has(name)),
    };
  }
}

/**
 * Programs of the previous reading whose definition has a mistake now: they stay as they were, so that a typing error
 * stops nothing that runs.
 */
export function keptDespite(
  problems: Problem[],
  before: readonly ProgramSpec[],
  now: readonly ProgramSpec[],
): ProgramSpec[] {
  const ids = new Set(now.map(programId));
  const errors = problems.filter(({ severity }) => severity === "error");
  return before.filter((spec) => {
    const { origin } = spec;
    if (ids.has(programId(spec)) || origin.kind !== "file") return false;
    return errors.some(({ file, section }) =>
      section === null ? file === origin.file : section === origin.section,
    );
  });
}

/** The programs that a configuration has something to say about. */
export function configured(supervisor: Supervisor): Program[] {
  return supervisor.programs.filter(({ spec }) => spec.origin.kind !== "runtime");
}

function sameGroup(a: ProgramSpec[], b: ProgramSpec[]): boolean {
  const other = new Map(b.map((spec) => [spec.name, spec]));
  return (
    a.length === b.length &&
    a.every((spec) => {
      const counterpart = other.get(spec.name);
      return counterpart !== undefined && sameProgram(spec, counterpart);
    })
  );
}

/** True when both define the same program: where they were read from does not matter. */
export function sameProgram(a: ProgramSpec, b: ProgramSpec): boolean {
  return programId(a) === programId(b) && Bun.deepEquals(essence(a), essence(b));
}

/** The same, but for the check that tells whether the program hangs: a new one counts without a restart. */
export function sameButCheck(a: ProgramSpec, b: ProgramSpec): boolean {
  const { alive: _a, ...first } = a;
  const { alive: _b, ...second } = b;
  return sameProgram(first, second);
}

/** Without the functions, which every reading makes anew. */
function essence(spec: ProgramSpec): object {
  const values = Object.entries({ ...spec, origin: spec.origin.kind });
  return Object.fromEntries(values.filter(([, value]) => typeof value !== "function"));
}

/** Every problem as a line of the log. */
export function logProblems(problems: Problem[]): void {
  for (const { severity, message } of problems) log[severity === "error" ? "error" : "warn"](message);
}
