import { messageOf } from "../errors.ts";
import type { ContainerOutput } from "../logs/container.ts";
import type { LogFile } from "../logs/log-file.ts";
import { logger } from "../log.ts";
import { type ProgramSpec, programId } from "../programs/spec.ts";
import { type ChildExit, sendSignal } from "../sys/children.ts";
import { Attempts } from "./backoff.ts";
import { launch, type Launched } from "./launch.ts";
import { type Event, isAlive, isUp, next, type State } from "./machine.ts";
import { watchReady } from "./ready.ts";
import { stopProcess } from "./stop-process.ts";
import { describeExit, stateLevel } from "./wording.ts";

/** A longer timer would overflow, and fire at once. */
const LONGEST_TIMER_SECONDS = (2 ** 31 - 1) / 1000;

const log = logger("supervisor");

/** Far above any limit that someone would set in earnest. */
let nextMark = 0x41_49_00_00;

export interface ProgramContext {
  env: Record<string, string>;
  /** Where clients of supervisord find this supervisor. */
  serverUrl: string;
  container: ContainerOutput | null;
  stdout: LogFile | null;
  stderr: LogFile | null;
  /** Called after every change of state or readiness. */
  onChange(program: Program): void;
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
  /** The last thing that someone asked for was a stop. */
  stoppedByRequest = false;
  /** Its own preparation said that it cannot start in this container. */
  refused = false;
  /** When its process was last started and when it last ended, in epoch milliseconds; 0 for never. */
  readonly times = { started: 0, ended: 0 };

  readonly #context: ProgramContext;
  readonly #mark = nextMark++;
  readonly #attempts: Attempts;
  #startedAt = 0;
  #timer: Timer | undefined;
  #readiness = new AbortController();
  #launched: Launched | undefined;
  #output: Promise<unknown> = Promise.resolve();
  #preparing: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #exited = Promise.withResolvers<void>();

  constructor(spec: ProgramSpec, context: ProgramContext) {
    this.spec = spec;
    this.id = programId(spec);
    this.reason = spec.skipped ?? null;
    this.#context = context;
    this.#attempts = new Attempts(spec.startretries);
  }

  /** Seconds since the process was started, or null without one. */
  get uptime(): number | null {
    return this.pid === null ? null : (performance.now() - this.#startedAt) / 1000;
  }

  /** It has no process, and none is about to start. */
  get isDown(): boolean {
    return !isAlive(this.state) && !isUp(this.state);
  }

  /**
   * Starts it, unless it is up or on its way; while it is being stopped, after that. Of several requests the
   * last one counts. A later failure shows as BACKOFF, then FATAL.
   */
  async start(): Promise<void> {
    this.stoppedByRequest = false;
    await this.#stopping;
    if (isUp(this.state) || this.stoppedByRequest) return;
    this.#preparing ??= this.#prepare().finally(() => {
      this.#preparing = undefined;
    });
    await this.#preparing;
  }

  async #prepare(): Promise<void> {
    const refusal = await this.spec.prepare?.().catch(messageOf);
    if (this.stoppedByRequest || isUp(this.state)) return;
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

  /** Stops it and, by its KillMode, all it started. Every caller gets the same end. */
  async stop(waitSeconds = this.spec.stopwaitsecs): Promise<void> {
    this.stoppedByRequest = true;
    if (this.state === "BACKOFF") {
      this.reason = null;
      this.#enter("stop");
      return;
    }
    if (!isAlive(this.state)) return;
    this.#stopping ??= this.#stopProcess(waitSeconds).finally(() => {
      this.#stopping = undefined;
    });
    await this.#stopping;
  }

  /** Sends a signal to the process, or with `group` to its process group. False without a process. */
  signal(name: string, group = false): boolean {
    return this.pid !== null && sendSignal(group ? -this.pid : this.pid, name);
  }

  /** Writes to the standard input of the process. False without one, or when it has closed its input. */
  async writeStdin(bytes: Uint8Array): Promise<boolean> {
    return (await this.#launched?.stdin.write(bytes)) ?? false;
  }

  /** Empties its log files; rotated generations stay. */
  clearLogs(): void {
    this.#context.stdout?.clear();
    this.#context.stderr?.clear();
  }

  /** Resolves when all output of ended processes is written. */
  async drained(): Promise<void> {
    await this.#output;
  }

  #spawn(event: "start" | "retry"): void {
    this.#enter(event);
    this.exit = null;
    this.ready = false;
    this.#readiness.abort();
    this.#readiness = new AbortController();
    this.#exited = Promise.withResolvers();
    try {
      const { env, serverUrl, container, stdout, stderr } = this.#context;
      const onOutput = this.#watchReadiness();
      const options = { spec: this.spec, env, serverUrl, container, stdout, stderr, mark: this.#mark };
      const launched = launch({
        ...options,
        ...(onOutput ? { onOutput } : {}),
        onExit: (exit) => this.#ended(exit),
      });
      this.#launched = launched;
      this.pid = launched.pid;
      this.#startedAt = performance.now();
      this.times.started = Date.now();
      this.#output = Promise.all([this.#output, launched.output]);
    } catch (error) {
      this.reason = messageOf(error);
      this.#enter("spawn-failed");
      this.#retryOrGiveUp();
      return;
    }
    log.info(`${this.id} started`, { pid: this.pid });
    if (this.spec.startsecs === 0) this.#becomeRunning();
    else this.#after(this.spec.startsecs, () => this.#becomeRunning());
  }

  #watchReadiness(): ((chunk: Uint8Array) => void) | undefined {
    if (this.spec.ready === undefined) return undefined;
    return watchReady(this.spec.ready, this.#context.env, this.#readiness.signal, () => {
      this.ready = true;
      log.info(`${this.id} ready`, { ms: Math.round(performance.now() - this.#startedAt) });
      // What says itself that it is up need not prove it by startsecs.
      if (this.state === "STARTING") this.#becomeRunning();
      else this.#context.onChange(this);
    }).onOutput;
  }

  #becomeRunning(): void {
    this.#attempts.cameUp();
    if (this.spec.ready === undefined) this.ready = true;
    this.#enter("stable");
  }

  #ended(exit: ChildExit): void {
    const uptime = this.uptime ?? 0;
    const early = this.state === "STARTING";
    this.exit = exit;
    this.pid = null;
    this.times.ended = Date.now();
    this.#launched?.stdin.close();
    this.#launched = undefined;
    this.ready = false;
    this.#readiness.abort();
    this.#exited.resolve();
    if (this.state === "STOPPING") return;
    const expected = exit.code !== null && this.spec.exitcodes.includes(exit.code);
    const how = describeExit(exit);
    this.reason = early && !expected ? `Exited too quickly (${how})` : how;
    log[expected ? "info" : "warn"](`${this.id} ended: ${how}`, {
      uptime: uptime.toFixed(1),
    });
    if (early && !expected) {
      this.#enter("exit-early");
      this.#retryOrGiveUp();
      return;
    }
    this.#enter("exit");
    const { autorestart } = this.spec;
    if (autorestart === true || (autorestart === "unexpected" && !expected)) this.#restart(uptime);
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

  async #stopProcess(waitSeconds: number): Promise<void> {
    this.#enter("stop");
    await stopProcess({
      id: this.id,
      spec: this.spec,
      mark: this.#mark,
      pid: () => this.pid,
      exited: this.#exited.promise,
      waitSeconds: Math.min(waitSeconds, LONGEST_TIMER_SECONDS),
    });
    this.reason = null;
    this.#enter("stopped");
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
