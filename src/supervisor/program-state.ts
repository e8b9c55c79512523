import { type LogLevel, logger } from "../log.ts";
import { programId } from "../programs/names.ts";
import type { FactValue, ProgramSpec } from "../programs/spec.ts";
import type { ChildExit } from "../sys/children.ts";
import { type Event, isDown, next, type ShownState, shownState, type State } from "./machine.ts";
import { endedOrphanSeconds } from "./orphans.ts";
import { ProcessTree } from "./process-tree.ts";
import type { Run } from "./run.ts";
import { LONGEST_TIMER_SECONDS } from "./stop.ts";
import type { Watchdog } from "./watchdog.ts";

const log = logger("supervisor");

/**
 * The states that have a line of log, under the name that clients know, as supervisord has them; changes that other lines
 * tell of already are for debugging.
 */
const levels: Partial<Record<State, LogLevel>> = {
  STARTING: "debug",
  RUNNING: "info",
  BACKOFF: "warn",
  EXITED: "debug",
  FATAL: "error",
  FINISHING: "debug",
  STOPPED: "info",
};

/** For a start that is to come later; revoked by a request to stop in between. */
export class Ticket {
  readonly #program: ProgramState;
  readonly #stops: number;

  constructor(program: ProgramState) {
    this.#program = program;
    this.#stops = program.stops;
  }

  get revoked(): boolean {
    return this.#program.stops !== this.#stops;
  }
}

/** What is known of a program: read by everyone, changed by Program alone. */
export abstract class ProgramState {
  #spec: ProgramSpec;
  #next: ProgramSpec | undefined;
  /** `name`, or `group:name` within a larger group. */
  readonly id: string;
  /** Requests to stop until now. */
  stops = 0;
  protected startedAt = 0;
  protected endedAt = 0;
  protected run: Run | undefined;
  protected watchdog: Watchdog | undefined;
  protected readonly tree = new ProcessTree();
  /** CPU time of processes that were started for it, and have ended. */
  protected endedSeconds = 0;
  protected isReady = false;
  protected isRefused = false;
  protected isStopRequested = false;
  protected lastExit: ChildExit | null = null;
  protected restartCount = 0;
  protected why: string | null;
  #state: State = "STOPPED";
  #timer: Timer | undefined;

  constructor(spec: ProgramSpec) {
    this.#spec = spec;
    this.id = programId(spec);
    this.why = spec.skipped ?? null;
  }

  /** What the process that runs was started by, or the next one will be. */
  get spec(): ProgramSpec {
    return this.#spec;
  }

  /** What the next process will be started by. */
  get definition(): ProgramSpec {
    return this.#next ?? this.#spec;
  }

  /** Takes another definition of the same name and with the same logs, which counts from the next process on. */
  redefine(spec: ProgramSpec): void {
    this.#next = spec;
    if (this.run === undefined) this.adopt();
  }

  /** Takes the check of another definition, also for the process that runs. */
  protected adoptCheck({ alive }: ProgramSpec): void {
    const change = (spec: ProgramSpec): ProgramSpec => {
      const { alive: _before, ...rest } = spec;
      return alive === undefined ? rest : { ...rest, alive };
    };
    this.#spec = change(this.#spec);
    this.#next &&= change(this.#next);
  }

  /** There is no process: goes over to the latest definition. */
  protected adopt(): void {
    this.#spec = this.definition;
    this.#next = undefined;
  }

  /** The state of the table. */
  get innerState(): State {
    return this.#state;
  }

  /** The state as clients of supervisord know it. */
  get state(): ShownState {
    return shownState(this.#state);
  }

  /** There is no process, and none is to come at once; the program may be in preparation. */
  get isDown(): boolean {
    return isDown(this.#state);
  }

  /** Whether a start succeeds is not known yet. */
  get isStarting(): boolean {
    return this.#state === "STARTING" || this.#state === "ENDED";
  }

  /** When its process was last started and when it last ended, in epoch milliseconds; 0 for never. */
  get times(): { started: number; ended: number } {
    return { started: this.startedAt, ended: this.endedAt };
  }

  get pid(): number | null {
    return this.run?.pid ?? null;
  }

  /** Seconds since the process was started, or null without one. */
  get uptime(): number | null {
    return this.run?.uptime ?? null;
  }

  /** Readiness by the program's own check; without one, RUNNING is ready. */
  get ready(): boolean {
    return this.isReady;
  }

  /** How often a process was started again without a request. */
  get restarts(): number {
    return this.restartCount;
  }

  /** How the last process ended; null while one runs. */
  get exit(): ChildExit | null {
    return this.lastExit;
  }

  /** Why the program is not up, in words. */
  get reason(): string | null {
    return this.why;
  }

  /** How the process fares, in words; by its observer, or by its checks. */
  get note(): string | null {
    const ofChecks = this.#state === "RUNNING" && this.spec.alive && this.watchdog?.note;
    return this.run?.note ?? (ofChecks || null);
  }

  /** What else is known of the program and its process. */
  get facts(): Readonly<Record<string, FactValue>> {
    const ofChecks = this.spec.alive && this.watchdog?.facts;
    return { ...this.spec.facts, ...ofChecks, ...this.run?.facts };
  }

  /** What is known of its process only when the process is asked (see Observer); undefined where nothing is. */
  measure(): Promise<Record<string, number>> | undefined {
    return this.run?.measure();
  }

  /** Tells its processes from all others, as long as the program is known. */
  get mark(): number {
    return this.tree.mark;
  }

  /** CPU time of its processes that have ended, but for those whose parent still runs: the kernel counts these for it. */
  get endedCpuSeconds(): number {
    return this.endedSeconds + endedOrphanSeconds(this.tree.mark);
  }

  /** The last request was to stop; what an update or a restart does on its way does not count. */
  get stoppedByRequest(): boolean {
    return this.isStopRequested;
  }

  /** Its own preparation said that the program cannot start in this container. */
  get refused(): boolean {
    return this.isRefused;
  }

  get ticket(): Ticket {
    return new Ticket(this);
  }

  /** Takes note of a request to stop, which may have to wait for its turn: starts that are to come later do not happen. */
  requestStop(): void {
    this.isStopRequested = true;
    this.stops++;
  }

  /** Writes to the standard input of the process. False without one, or when it has closed its input. */
  async writeStdin(bytes: Uint8Array): Promise<boolean> {
    return (await this.run?.writeStdin(bytes)) ?? false;
  }

  /** Says what a start has to wait for; null: for nothing any more. */
  waitFor(reason: string | null): void {
    if (this.isDown) this.why = reason;
  }

  /** Says why the program is down, where its owner knows better than its last end tells. */
  fail(reason: string): void {
    if (this.isDown) this.why = reason;
  }

  /** Enters the next state of the table; `reason` says in words why the program is not up. */
  protected enter(event: Event, reason: string | null = null): State {
    const state = next(this.#state, event);
    if (state === undefined) throw new Error(`${this.id}: ${event} in state ${this.#state}`);
    this.#state = state;
    this.why = reason;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const level = levels[state];
    if (level !== undefined) log[level](`${this.id} ${shownState(state)}`, { reason: reason ?? undefined });
    return state;
  }

  /** Does something in so many seconds, unless the program has entered another state by then. */
  protected after(seconds: number, action: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, Math.min(seconds, LONGEST_TIMER_SECONDS) * 1000);
  }
}
