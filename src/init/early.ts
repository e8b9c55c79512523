import type { Environment } from "../env/environment.ts";
import { describeWait, earlyPrograms } from "../features/early.ts";
import { programsOfItems } from "../features/provisioned.ts";
import { hasHooks } from "../features/hooks/find.ts";
import { mayTakeLong } from "../features/provisioning/step.ts";
import { logger } from "../log.ts";
import { programId } from "../programs/names.ts";
import type { ProgramSpec } from "../programs/spec.ts";
import { keptDespite, type Reading, sameButCheck } from "../supervisor/configuration.ts";
import type { Program } from "../supervisor/program.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";

import { AwaitedItems } from "./awaited-items.ts";

const log = logger("init");

export interface EarlyOptions {
  supervisor: Supervisor;
  environment: Environment;
  /** Reads which programs there are in an environment. */
  read: (env: Record<string, string>) => Promise<Reading>;
  /** Told which programs come with the end of the boot, as far as that is known. */
  expect: (specs: ProgramSpec[]) => void;
  /** Aborted when the container stops. */
  signal: AbortSignal;
}

/** The programs that start before what may take long, such as scripts of the boot: keys, environment and account are there. */
export class EarlyPrograms {
  readonly #options: EarlyOptions;
  /** The environment of their start, once they have been started. */
  #env: Record<string, string> | undefined;
  #programs: Program[] = [];
  /** Programs that start as items of a manifest are done. */
  #items: AwaitedItems | undefined;

  constructor(options: EarlyOptions) {
    this.#options = options;
  }

  /** Starts them, where scripts are to come, and does not wait for them to come up. */
  async start(): Promise<void> {
    const { supervisor, environment, read, expect, signal } = this.#options;
    const { env, settings } = environment;
    const isLong = settings.OPT_SYNC.length > 0 || hasHooks(env["PATH"]) || mayTakeLong(settings, env);
    if (!isLong) return;
    const { programs, problems } = await read(env);
    if (signal.aborted) return;
    const { early, waiting } = earlyPrograms(programs, settings.AI_DOCK_EARLY);
    // Other mistakes are told of when all programs start; a script may mend them.
    const sections = new Set(settings.AI_DOCK_EARLY?.map((name) => `program:${name}`));
    for (const { section, message } of problems) if (sections.has(section ?? "")) log.warn(message);
    for (const wait of waiting) log.warn(describeWait(wait));
    this.#env = { ...env };
    this.#programs = early.map((spec) => supervisor.add(spec));
    expect(programs.filter(({ origin }) => origin.kind === "file"));
    await supervisor.autostart();
    const items = new AwaitedItems(programsOfItems(programs, early), (spec) => {
      if (signal.aborted) return;
      const program = supervisor.add(spec);
      this.#programs.push(program);
      void supervisor.begin([program]);
    });
    signal.addEventListener("abort", () => items.end());
    this.#items = items;
  }

  /**
   * Adds all programs of the end of the boot. An early one whose definition a script has changed is started again; what
   * differs by exports of scripts only counts from its next start on. Returns the programs that are to be started now.
   */
  async join({ programs: specs, problems }: Reading): Promise<Program[]> {
    const { supervisor, signal } = this.#options;
    for (const line of this.#items?.end() ?? []) log.warn(line);
    const before = this.#programs.map(({ spec }) => spec);
    const wanted = [...specs, ...keptDespite(problems, before, specs)];
    const kept = await this.#kept(wanted);
    const ended = this.#programs.filter((program) => !kept.has(program.id));
    await supervisor.takeDown(ended);
    if (signal.aborted) return [];
    for (const program of ended) {
      log.info(`${program.id}: a script has changed or removed its definition`);
      if (supervisor.remove(program)) continue;
      log.error(
        `${program.id}: ${program.reason ?? "it does not end"}; ai-dock update takes its new definition`,
      );
      kept.set(program.id, program);
    }
    for (const spec of wanted) {
      const program = kept.get(programId(spec));
      if (program === undefined) supervisor.add(spec);
      else if (!ended.includes(program)) {
        program.redefine(spec);
        program.checkAs(spec);
      }
    }
    // One that has ended has done its work, or failed at it as it would have later.
    const isDone = (program: Program) =>
      program.stoppedByRequest || (program.state === "EXITED" && program.times.started > 0);
    return supervisor.programs.filter((program) => !(kept.has(program.id) && isDone(program)));
  }

  /** Lets those that can take the environment of now without a restart do so, where scripts have changed it. */
  async refresh(): Promise<void> {
    const { env } = this.#options.environment;
    const isSame = this.#env === undefined || Bun.deepEquals(this.#env, env);
    const programs = isSame ? [] : this.#programs;
    // The boot is over: they are programs as all others.
    this.#env = undefined;
    this.#programs = [];
    for (const program of programs) {
      if (program.pid === null) continue;
      const signal = await program.spec.refresh?.();
      if (signal !== undefined) program.signal(signal);
    }
  }

  /** The early programs that go on, by id. */
  async #kept(wanted: ProgramSpec[]): Promise<Map<string, Program>> {
    const kept = new Map<string, Program>();
    let asBefore: Promise<Map<string, ProgramSpec>> | undefined;
    for (const program of this.#programs) {
      const { id, spec } = program;
      const next = wanted.find((other) => programId(other) === id);
      if (next === undefined || hasOtherLogs(spec, next) || isSwitchedOff(spec, next)) continue;
      if (!sameButCheck(spec, next)) {
        asBefore ??= this.#readAsBefore();
        const same = (await asBefore).get(id);
        if (same === undefined || !sameButCheck(spec, same)) continue;
      }
      kept.set(id, program);
    }
    return kept;
  }

  /** What the files of now say in the environment of the early start: differences to that start are changes of files. */
  async #readAsBefore(): Promise<Map<string, ProgramSpec>> {
    const { programs } = await this.#options.read({ ...this.#env });
    return new Map(programs.map((spec) => [programId(spec), spec]));
  }
}

function isSwitchedOff(before: ProgramSpec, next: ProgramSpec): boolean {
  return next.skipped !== undefined && next.skipped !== before.skipped;
}

function hasOtherLogs(before: ProgramSpec, next: ProgramSpec): boolean {
  return !Bun.deepEquals([before.stdout, before.stderr], [next.stdout, next.stderr]);
}
