import { messageOf } from "../errors.ts";
import { logger } from "../log.ts";
import { programId } from "../programs/names.ts";
import type { FactValue, ProgramSpec } from "../programs/spec.ts";
import { type ChildExit, sendSignal } from "../sys/children.ts";
import { Attempts } from "./backoff.ts";
import { type Event, isAlive, isUp, next, type State } from "./machine.ts";
import { outOfMemory } from "./out-of-memory.ts";
import { ProgramOutput } from "./program-output.ts";
import { type Run, type RunContext, startRun } from "./run.ts";
import { LONGEST_TIMER_SECONDS, Stops } from "./stops.ts";
import { explainExit, stateLevel } from "./wording.ts";

const log = logger("supervisor");

/** Far above any limit that someone would set in earnest. */
let nextMark = 0x41_49_00_00;

export interface ProgramContext extends RunContext {
  /** Called after every change of state or readiness. */
  onChange(program: Program): void;
  /** Called when one is to be started whose process has taken too long to end for whoever asked. */
  onStartable(program: Program): void;
}

/** One supervised process: its state, and the effects of every change of it. */
export class Program {
  readonly spec: ProgramSpec;
  readonly id: string;
  state: State = "STOPPED";
  pid: number | null = null;
  /** Readiness by the program's own check; without one, RUNNING is ready. */
  ready = false;
  restarts = 0;
  exit: ChildExit | null = null;
  /** Why it is not up, in words. */
  reason: string | null;
  /** How the process fares, in words, and what else is known of it; by its observer. */
  note: string | null = null;
  facts: Record<string, FactValue> = {};
  /** The last thing that someone, an update or the end of the container asked for was a stop. */
  stoppedByRequest = false;
  /** Its own preparation said that it cannot start in this container. */
  refused = false;
  /** When its process was last started and when it last ended, in epoch milliseconds; 0 for never. */
  readonly times = { started: 0, ended: 0 };

  readonly output: ProgramOutput;
  readonly #context: ProgramContext;
  readonly #mark = nextMark++;
  readonly #stops: Stops;
  readonly #attempts: Attempts;
  #timer: Timer | undefined;
  #run: Run | undefined;
  #preparing: Promise<void> | undefined;
  #isRetired = false;

  constructor(spec: ProgramSpec, context: ProgramContext) {
    this.spec = spec;
    this.id = programId(spec);
    this.reason = spec.skipped ?? null;
    this.#context = context;
    this.output = new ProgramOutput(context);
    this.#stops = new Stops({ id: this.id, spec, mark: this.#mark, pid: () => this.pid });
    this.#attempts = new Attempts(spec.startretries);
  }

  /** Seconds since the process was started, or null without one. */
  get uptime(): number | null {
    return this.pid === null ? null : (this.#run?.uptime() ?? null);
  }

  /** It has no process, and is not to have one at once; it may be in preparation. */
  get isDown(): boolean {
    return !isAlive(this.state) && !isUp(this.state);
  }

  /** From now on it never starts, whoever still knows it. False, and nothing happens, while it is not down. */
  retire(): boolean {
    this.#isRetired ||= this.isDown;
    return this.#isRetired;
  }

  /**
   * Starts it, unless it is up or on its way; while it is being stopped, after that. Of several requests the
   * last one counts. A later failure shows as BACKOFF, then FATAL.
   */
  async start(): Promise<void> {
    this.stoppedByRequest = false;
    await this.#stops.underWay();
    // One whose process does not end starts when it has.
    if (isUp(this.state) || this.state === "STOPPING" || this.stoppedByRequest || this.#isRetired) return;
    this.#preparing ??= this.#prepare().finally(() => {
      this.#preparing = undefined;
    });
    await this.#preparing;
  }

  async #prepare(): Promise<void> {
    const refusal = await this.spec.prepare?.().catch(messageOf);
    await this.#stops.underWay();
    if (this.stoppedByRequest || this.#isRetired || isUp(this.state)) return;
    this.refused = refusal !== undefined;
    if (refusal !== undefined) {
      this.reason = refusal;
      log.info(`${this.id} skipped: ${refusal}`);
      this.#context.onChange(this);
      return;
    }
    this.#attempts.reset();
    this.#spawn("start");
  }

  /**
   * Stops it and, by its KillMode, all it started, also when its own process has ended long since. Every caller gets
   * the same end. It stays STOPPING when not even KILL ends its process.
   */
  async stop(waitSeconds = this.spec.stopwaitsecs): Promise<void> {
    this.stoppedByRequest = true;
    if (this.state === "BACKOFF") {
      this.reason = null;
      this.#enter("stop");
    }
    if (isUp(this.state)) this.#stopProcess(waitSeconds);
    else if (this.state !== "STOPPING") this.#stops.beginLeftovers();
    await this.#stops.underWay();
  }

  /** Sends a signal to the process, or with `group` to its process group. False without a process. */
  signal(name: string, group = false): boolean {
    outOfMemory.forget();
    return this.pid !== null && sendSignal(group ? -this.pid : this.pid, name);
  }

  /** Writes to the standard input of the process. False without one, or when it has closed its input. */
  async writeStdin(bytes: Uint8Array): Promise<boolean> {
    return this.pid !== null && ((await this.#run?.writeStdin(bytes)) ?? false);
  }

  #spawn(event: "start" | "retry"): void {
    this.#enter(event);
    this.exit = null;
    this.ready = false;
    try {
      this.#run = startRun({
        ...this.#context,
        spec: this.spec,
        mark: this.#mark,
        onReady: (ready) => this.#becomeReady(ready),
        onNote: (note) => {
          this.note = note;
        },
        onFact: (name, value) => {
          this.facts[name] = value;
        },
        onExit: (exit) => void this.#ended(exit),
      });
    } catch (error) {
      this.reason = messageOf(error);
      this.#enter("spawn-failed");
      this.#retryOrGiveUp();
      return;
    }
    this.pid = this.#run.pid;
    this.#stops.started();
    this.times.started = Date.now();
    const run = this.#run;
    this.output.follow(run, () => this.#run !== run || this.pid !== null);
    log.info(`${this.id} started`, { pid: this.pid });
    if (this.spec.startsecs === 0) this.#becomeRunning();
    else this.#after(this.spec.startsecs, () => this.#becomeRunning());
  }

  #becomeReady(ready: boolean): void {
    if (ready === this.ready) return;
    this.ready = ready;
    if (ready) log.info(`${this.id} ready`, { ms: Math.round((this.uptime ?? 0) * 1000) });
    else if (this.state !== "STOPPING")
      log.warn(`${this.id} is not ready any more`, { note: this.note ?? undefined });
    // What says itself that it is up need not prove it by startsecs.
    if (ready && this.state === "STARTING") this.#becomeRunning();
    else this.#context.onChange(this);
  }

  #becomeRunning(): void {
    this.#attempts.cameUp();
    if (this.spec.ready === undefined) this.ready = true;
    this.#enter("stable");
  }

  async #ended(exit: ChildExit): Promise<void> {
    clearTimeout(this.#timer);
    const run = this.#run;
    const uptime = run?.uptime() ?? 0;
    const early = this.state === "STARTING";
    this.exit = exit;
    this.pid = null;
    this.times.ended = Date.now();
    this.ready = false;
    this.note = null;
    this.facts = {};
    if (this.state === "STOPPING") return;
    const explanation = this.spec.observe === undefined ? undefined : await run?.explain(exit);
    // Someone may have stopped it meanwhile.
    if (this.#run !== run || !isUp(this.state)) return;
    const expected = exit.code !== null && this.spec.exitcodes.includes(exit.code);
    const how = explanation?.reason ?? explainExit(exit);
    this.reason = early && !expected && explanation === undefined ? `Exited too quickly (${how})` : how;
    log[expected ? "info" : "warn"](`${this.id} ended: ${how}`, { uptime: uptime.toFixed(1) });
    if (explanation?.fatal) this.#giveUp(early);
    else if (early && !expected) {
      this.#enter("exit-early");
      this.#retryOrGiveUp();
    } else {
      this.#enter("exit");
      const { autorestart } = this.spec;
      if (autorestart === true || (autorestart === "unexpected" && !expected)) this.#restart(uptime);
    }
  }

  #giveUp(early: boolean): void {
    const { reason } = this;
    this.#enter(early ? "exit-early" : "exit");
    if (!early) this.#enter("delay");
    this.reason = reason;
    this.#enter("give-up");
  }

  #restart(uptime: number): void {
    this.restarts++;
    const delay = this.#attempts.crashed(uptime);
    if (delay === 0) {
      this.#spawn("start");
      return;
    }
    this.#enter("delay");
    this.#after(delay, () => this.#spawn("retry"));
  }

  #retryOrGiveUp(): void {
    const delay = this.#attempts.failedToStart();
    if (delay === undefined) {
      this.#enter("give-up");
      return;
    }
    this.#after(delay, () => {
      this.restarts++;
      this.#spawn("retry");
    });
  }

  #stopProcess(waitSeconds: number): void {
    let hangs = false;
    this.#enter("stop");
    this.#stops.begin(this.#run?.exited ?? Promise.resolve(), waitSeconds, {
      onHang: (reason) => {
        hangs = true;
        this.reason = reason;
      },
      onEnd: () => {
        this.reason = null;
        this.#enter("stopped");
        if (hangs && !this.stoppedByRequest) this.#context.onStartable(this);
      },
    });
  }

  #enter(event: Event): void {
    const state = next(this.state, event);
    if (state === undefined) throw new Error(`${this.id}: ${event} in state ${this.state}`);
    clearTimeout(this.#timer);
    this.state = state;
    if (state === "RUNNING" || state === "STARTING") this.reason = null;
    log[stateLevel[state]](`${this.id} ${state}`, { reason: this.reason ?? undefined });
    this.#context.onChange(this);
  }

  #after(seconds: number, action: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, Math.min(seconds, LONGEST_TIMER_SECONDS) * 1000);
  }
}
