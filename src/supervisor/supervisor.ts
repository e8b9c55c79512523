import type { ContainerOutput } from "../logs/container.ts";
import type { LogFile } from "../logs/log-file.ts";
import { logger } from "../log.ts";
import { type LogSpec, type ProgramSpec, programId } from "../programs/spec.ts";
import { waitingFor } from "./dependencies.ts";
import { isUp } from "./machine.ts";
import { findByName } from "./names.ts";
import { compareStart } from "./order.ts";
import { Program } from "./program.ts";

const log = logger("supervisor");

/** What the container as a whole is doing. */
export type Phase = "booting" | "running" | "stopping";

export interface SupervisorOptions {
  /** The boot environment; programs get it as it is when they start. */
  env: Record<string, string>;
  container: ContainerOutput | null;
  /** The open file for a log; the same one for the same path. */
  openLog: (spec: LogSpec) => LogFile | null;
  /** A program turned FATAL. */
  onFatal?(program: Program): void;
}

/** All programs of the container, by name, and what is done to them. */
export class Supervisor {
  phase: Phase = "booting";
  readonly #programs = new Map<string, Program>();
  readonly #waiting = new Set<Program>();
  readonly #watchers = new Set<() => void>();
  readonly #options: SupervisorOptions;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** In start order. */
  get programs(): Program[] {
    return [...this.#programs.values()].toSorted((a, b) => compareStart(a.spec, b.spec));
  }

  /** Adds a program in state STOPPED; a later one of the same name replaces an earlier one. */
  add(spec: ProgramSpec): void {
    const id = programId(spec);
    if (this.#programs.has(id)) log.info(`${id} is defined again; the later definition counts`);
    const { env, container, openLog } = this.#options;
    const program = new Program(spec, {
      env,
      container,
      stdout: openLog(spec.stdout),
      stderr: spec.stderr === "stdout" ? null : openLog(spec.stderr),
      onChange: (changed) => this.#changed(changed),
    });
    this.#programs.set(id, program);
  }

  find(names: string[]): Program[] {
    const { programs } = this;
    const specs = programs.map(({ spec }) => spec);
    const found = new Set(names.flatMap((name) => findByName(specs, name)));
    return programs.filter(({ spec }) => found.has(spec));
  }

  /** Starts what is meant to run from boot on, in order; does not wait for it to come up. */
  async startAll(): Promise<void> {
    const wanted = this.programs.filter(({ spec }) => spec.autostart && spec.skipped === undefined);
    await Promise.all(wanted.map((program) => this.#startWhenPossible(program)));
  }

  /** Starts programs and resolves when each is RUNNING or has failed, waits or was refused. */
  async start(programs: Program[]): Promise<void> {
    await Promise.all(programs.map((program) => this.#startWhenPossible(program)));
    await this.until(() => programs.every(({ state }) => state !== "STARTING"));
  }

  async stop(programs: Program[]): Promise<void> {
    for (const program of programs) this.#waiting.delete(program);
    await Promise.all(programs.map((program) => program.stop()));
  }

  async restart(programs: Program[]): Promise<void> {
    await this.stop(programs);
    await this.start(programs);
  }

  /** Resolves as soon as the condition holds; it is looked at after every change of a program. */
  async until(condition: () => boolean): Promise<void> {
    if (condition()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const watch = () => {
      if (!condition()) return;
      this.#watchers.delete(watch);
      resolve();
    };
    this.#watchers.add(watch);
    await promise;
  }

  async #startWhenPossible(program: Program): Promise<void> {
    if (isUp(program.state)) return;
    const reason = program.spec.dependsOn.length === 0 ? undefined : waitingFor(program, this.programs);
    if (reason === undefined) {
      this.#waiting.delete(program);
      await program.start();
      return;
    }
    this.#waiting.add(program);
    program.reason = reason;
  }

  #changed(program: Program): void {
    if (program.state === "FATAL") this.#options.onFatal?.(program);
    if (this.phase !== "stopping") for (const waiting of this.#waiting) void this.#startWhenPossible(waiting);
    for (const watch of this.#watchers) watch();
  }
}
