import type { ContainerOutput } from "../logs/write/container.ts";
import { AiDockError } from "../errors.ts";
import { logger } from "../log.ts";
import { programId, requirePrograms } from "../programs/names.ts";
import { compareStart } from "../programs/order.ts";
import type { ProgramSpec } from "../programs/spec.ts";
import type { SupervisorContext } from "./context.ts";
import { dependentsFirst, waitingFor } from "./dependencies.ts";
import { Notices } from "./notices.ts";
import { OutOfMemory } from "./exit-reason.ts";
import { isUp } from "./machine.ts";
import { Program, type ProgramOwner } from "./program.ts";
import { HANG_SECONDS } from "./stop.ts";

/** So many processes are started before signals, exits and clients get their turn: some 10 ms of work. */
const STARTS_A_TURN = 16;

const log = logger("supervisor");

/** What the container as a whole is doing. */
export type Phase = "booting" | "running" | "stopping";

export interface SupervisorOptions extends Omit<SupervisorContext, "memory" | "hangSeconds"> {
  /** A program turned FATAL. */
  onFatal?(this: void, program: Program): void;
}

/** All programs of the container, by name, and what is done to them. */
export class Supervisor {
  #phase: Phase = "booting";
  /** When the boot had ended, and when everything was up or had failed, in seconds since the start of this process. */
  readonly times: { booted?: number; settled?: number } = {};
  /** Set by health(), for as long as this supervisor lives. */
  wasHealthy = false;
  /** What is to be known of the container besides its programs. */
  readonly notices = new Notices(() => this.#tellWatchers());
  readonly #programs = new Map<string, Program>();
  #ordered: Program[] | undefined;
  #revision = 0;
  readonly #waiting = new Set<Program>();
  readonly #watchers = new Set<() => void>();
  readonly #context: SupervisorContext;
  readonly #onFatal: SupervisorOptions["onFatal"];
  readonly #owner: ProgramOwner = {
    onChange: (changed) => this.#changed(changed),
    onStartable: (startable) => void this.begin([startable]),
  };

  constructor({ onFatal, ...context }: SupervisorOptions) {
    this.#context = { ...context, memory: new OutOfMemory(), hangSeconds: HANG_SECONDS };
    this.#onFatal = onFatal;
  }

  get phase(): Phase {
    return this.#phase;
  }

  set phase(phase: Phase) {
    this.#phase = phase;
    if (phase === "running") this.times.booted ??= process.uptime();
    this.#tellWatchers();
  }

  /** Where all programs' output goes besides their files. */
  get container(): ContainerOutput | null {
    return this.#context.container;
  }

  /** Another number whenever a program is added or removed. */
  get revision(): number {
    return this.#revision;
  }

  /** The program of that id. */
  get(id: string): Program | undefined {
    return this.#programs.get(id);
  }

  /** In start order. */
  get programs(): Program[] {
    this.#ordered ??= [...this.#programs.values()].toSorted((a, b) => compareStart(a.spec, b.spec));
    return this.#ordered;
  }

  /** Adds a program in state STOPPED. One of the same name has to be down, and is replaced. Throws AiDockError otherwise. */
  add(spec: ProgramSpec): Program {
    const id = programId(spec);
    const before = this.#programs.get(id);
    if (before !== undefined) {
      log.info(`${id} is defined again; the later definition counts`);
      if (!this.remove(before)) throw new AiDockError(`${id} is still running`);
    }
    const program = new Program(spec, this.#context, this.#owner);
    this.#programs.set(id, program);
    this.#setChanged();
    return program;
  }

  /** Forgets a program. False, and nothing happens, while it is not down. */
  remove(program: Program): boolean {
    if (!program.retire()) return false;
    // Someone else has removed it meanwhile, and there may be another one of its name.
    if (this.#programs.get(program.id) !== program) return true;
    this.#programs.delete(program.id);
    this.#waiting.delete(program);
    program.spec.release?.();
    void program.output.release();
    this.#setChanged();
    return true;
  }

  /** The programs that names mean, in start order. Throws AiDockError for a name that means none. */
  find(names: string[]): Program[] {
    const { programs } = this;
    const specs = programs.map(({ spec }) => spec);
    const found = new Set(names.flatMap((name) => requirePrograms(specs, name)));
    return programs.filter(({ spec }) => found.has(spec));
  }

  /** Starts those of the programs that are meant to run from boot on, in order; does not wait for them to come up. */
  async autostart(programs = this.programs): Promise<void> {
    await this.begin(programs.filter(({ spec }) => spec.autostart && spec.skipped === undefined));
  }

  /**
   * Starts programs in their order, or lets them wait for what they depend on; does not wait for them to come up.
   * A program that is asked to stop before its turn has come is not started.
   */
  async begin(programs: Program[]): Promise<void> {
    const planned = programs.map((program) => ({ program, ticket: program.ticket }));
    const begun: Promise<void>[] = [];
    for (const [index, { program, ticket }] of planned.entries()) {
      if (index > 0 && index % STARTS_A_TURN === 0) await new Promise(setImmediate);
      if (!ticket.revoked) begun.push(this.#startWhenPossible(program));
    }
    await Promise.all(begun);
  }

  /** Starts programs and resolves when each is RUNNING or has failed, waits or was refused, or `signal` is aborted. */
  async start(programs: Program[], signal?: AbortSignal): Promise<void> {
    await this.begin(programs);
    await this.until(() => programs.every(({ isStarting }) => !isStarting), signal);
  }

  /** Stops programs, dependents before what they depend on. */
  async stop(programs: Program[]): Promise<void> {
    for (const program of programs) {
      if (this.#waiting.delete(program)) program.waitFor(null);
      program.requestStop();
    }
    await dependentsFirst(programs, (program) => program.stop());
  }

  /** Stops programs in the same order for someone who will start them again: that is no request to stop. */
  async takeDown(programs: Program[]): Promise<void> {
    for (const program of programs) if (this.#waiting.delete(program)) program.waitFor(null);
    await dependentsFirst(programs, (program) => program.takeDown());
  }

  /** Stops programs and starts them again, but for those that someone has asked to stop meanwhile. */
  async restart(programs: Program[], signal?: AbortSignal): Promise<void> {
    const planned = programs.map((program) => ({ program, ticket: program.ticket }));
    await this.takeDown(programs);
    const wanted = planned.filter(({ ticket }) => !ticket.revoked);
    await this.start(
      wanted.map(({ program }) => program),
      signal,
    );
  }

  /** Resolves as soon as the condition holds, which is looked at after every change of a program, or `signal` is aborted. */
  async until(condition: () => boolean, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted || condition()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const watch = () => {
      if (condition()) resolve();
    };
    const giveUp = () => resolve();
    const unwatch = this.watch(watch);
    signal?.addEventListener("abort", giveUp);
    try {
      await promise;
    } finally {
      unwatch();
      signal?.removeEventListener("abort", giveUp);
    }
  }

  /** Calls `listener` after every change of a program or of the phase. The result ends that. */
  watch(listener: () => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  async #startWhenPossible(program: Program): Promise<void> {
    if (isUp(program.state) || this.phase === "stopping") return;
    const reason = waitingFor(program, this.programs);
    if (reason === undefined) {
      this.#waiting.delete(program);
      await program.start();
      return;
    }
    this.#waiting.add(program);
    program.waitFor(reason);
  }

  #changed(program: Program): void {
    if (program.state === "FATAL") this.#onFatal?.(program);
    for (const waiting of this.#waiting) void this.#startWhenPossible(waiting);
    this.#tellWatchers();
  }

  #setChanged(): void {
    this.#ordered = undefined;
    this.#revision++;
    this.#tellWatchers();
  }

  #tellWatchers(): void {
    for (const watch of this.#watchers) watch();
  }
}
