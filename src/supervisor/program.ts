import { messageOf } from "../errors.ts";
import { logger } from "../log.ts";
import type { Explanation, ProgramSpec } from "../programs/spec.ts";
import type { ChildExit } from "../sys/children.ts";
import { Attempts } from "./backoff.ts";
import { conclusionOf, type End, type Hang } from "./conclusion.ts";
import type { SupervisorContext } from "./context.ts";
import { type Event, isStopping, type State } from "./machine.ts";
import { ProgramState } from "./program-state.ts";
import { ProgramOutput } from "./output.ts";
import { Run, type RunOwner } from "./run.ts";
import { endLeftovers, Stop } from "./stop.ts";
import { Watchdog } from "./watchdog.ts";

const log = logger("supervisor");

export interface ProgramOwner {
  /** Called after every change of state or readiness. */
  onChange(program: Program): void;
  /** Called when a hung process has ended after all and its program is to be started. */
  onStartable(program: Program): void;
}

/** One supervised process, and the effects of every change of its state. */
export class Program extends ProgramState implements RunOwner {
  readonly output: ProgramOutput;
  readonly #context: SupervisorContext;
  readonly #owner: ProgramOwner;
  readonly #attempts: Attempts;
  #stop: Stop | undefined;
  #hang: Hang | undefined;
  #preparing: Promise<void> | undefined;
  #explaining: Promise<void> | undefined;
  #isRetired = false;

  constructor(spec: ProgramSpec, context: SupervisorContext, owner: ProgramOwner) {
    super(spec);
    this.output = new ProgramOutput(context, spec);
    this.#context = context;
    this.#owner = owner;
    this.#attempts = new Attempts(spec.startretries);
  }

  /** Keeps the program from ever starting again. False, and without effect, while the program is not down. */
  retire(): boolean {
    this.#isRetired ||= this.isDown;
    return this.#isRetired;
  }

  /**
   * Starts the program, unless it is up or on its way; while it is being stopped, after that. Of several requests the
   * last one counts. A later failure shows as BACKOFF, then FATAL.
   */
  async start(): Promise<void> {
    this.isStopRequested = false;
    await this.#settled();
    // A process that hangs is not waited for: the program starts when it has ended.
    if (!this.#mayStart()) return;
    this.#preparing ??= this.#prepare().finally(() => {
      this.#preparing = undefined;
    });
    await this.#preparing;
  }

  /** Takes the program down by request. */
  async stop(waitSeconds?: number): Promise<void> {
    this.isStopRequested = true;
    await this.takeDown(waitSeconds);
  }

  /**
   * Stops the program and, by its KillMode, all it started, also when its own process has ended long since. Every caller
   * gets the same end. The program stays STOPPING when not even SIGKILL ends its process.
   */
  async takeDown(waitSeconds = this.spec.stopwaitsecs, hang?: Hang): Promise<void> {
    // Whoever else takes the program down decides what comes next.
    this.#hang = hang;
    const target = { id: this.id, spec: this.spec, tree: this.tree };
    if (this.isDown) return endLeftovers(target);
    if (!isStopping(this.innerState)) {
      const enter = (event: Event, reason = this.#hang?.reason) => this.enter(event, reason);
      const { hangSeconds } = this.#context;
      this.#stop = new Stop({ ...target, hangSeconds, run: this.run, enter }, waitSeconds);
    }
    await this.#stop?.over;
  }

  /** Sends SIGKILL to the process group of a program that is being stopped, whatever time is left for the stop. */
  kill(): void {
    this.#stop?.kill(true);
  }

  /** Sends a signal to the process, or with `group` to its process group. False without a process. */
  signal(name: string, group = false): boolean {
    this.#context.memory.forget();
    this.watchdog?.signalled(name);
    return this.run?.signal(name, group) ?? false;
  }

  /** Takes the check of another definition, which counts at once; for one that differs in nothing else. */
  checkAs(spec: ProgramSpec): void {
    this.adoptCheck(spec);
    this.#changed();
  }

  #mayStart(): boolean {
    return this.isDown && !this.isStopRequested && !this.#isRetired;
  }

  /** Resolves when no end is to be explained and no stop is under way, except one whose process hangs. */
  async #settled(): Promise<void> {
    await Promise.allSettled([this.#explaining, this.#stop?.over, this.tree.ending]);
  }

  async #prepare(): Promise<void> {
    const refusal = await this.spec.prepare?.().catch(messageOf);
    await this.#settled();
    if (!this.#mayStart()) return;
    this.isRefused = refusal !== undefined;
    if (refusal !== undefined) {
      this.why = refusal;
      log.info(`${this.id} skipped: ${refusal}`);
      this.#owner.onChange(this);
      return;
    }
    this.#attempts.reset();
    this.#spawn("start");
  }

  #spawn(event: "start" | "retry"): void {
    this.enter(event);
    this.lastExit = null;
    const { spec, output } = this;
    let run: Run;
    try {
      run = new Run({ context: this.#context, spec, output, tree: this.tree, owner: this });
    } catch (error) {
      this.enter("spawn-failed", messageOf(error));
      this.#retryOrGiveUp();
      return;
    }
    this.run = run;
    this.startedAt = Date.now();
    log.info(`${this.id} started`, { pid: run.pid });
    if (this.spec.startsecs === 0) this.#becomeRunning();
    else this.after(this.spec.startsecs, () => this.#becomeRunning());
  }

  /** Its process says so. */
  readyChanged(ready: boolean): void {
    if (ready === this.isReady) return;
    this.isReady = ready;
    if (ready) log.info(`${this.id} ready`, { ms: Math.round((this.uptime ?? 0) * 1000) });
    else if (!isStopping(this.innerState))
      log.warn(`${this.id} is not ready any more`, { note: this.note ?? undefined });
    // A program that says itself that it is up need not prove it by startsecs.
    if (ready && this.innerState === "STARTING") this.#becomeRunning();
    else this.#changed();
  }

  #changed(): void {
    if (this.spec.alive !== undefined) this.watchdog ??= new Watchdog(this, this.#context);
    this.watchdog?.follow(this.innerState === "RUNNING" && this.isReady ? this.run : undefined);
    this.#owner.onChange(this);
  }

  #becomeRunning(): void {
    this.#attempts.cameUp();
    if (this.spec.ready === undefined) this.isReady = true;
    this.enter("stable");
  }

  /** Its process has ended. */
  exited(run: Run, exit: ChildExit, cpuSeconds: number): void {
    this.endedSeconds += cpuSeconds;
    const memory = this.#context.memory.account(exit);
    const end = { exit, memory, uptime: run.uptime, early: this.innerState === "STARTING" };
    this.lastExit = exit;
    this.run = undefined;
    this.adopt();
    this.isReady = false;
    this.endedAt = Date.now();
    if (isStopping(this.innerState)) {
      this.#stop?.gone();
      return;
    }
    this.enter("end");
    if (this.spec.observe === undefined) this.#conclude(end, undefined);
    else this.#explaining = run.explain(exit).then((explanation) => this.#conclude(end, explanation));
  }

  /** Decides what follows from an end, unless the program was stopped before the end was explained. */
  #conclude(end: End, explanation: Explanation | undefined): void {
    if (this.innerState !== "ENDED" || this.lastExit !== end.exit) return;
    const { event, how, reason, isExpected, isRestarted } = conclusionOf(this.spec, end, explanation);
    log[isExpected ? "info" : "warn"](`${this.id} ended: ${how}`, { uptime: end.uptime.toFixed(1) });
    this.enter(event, reason);
    if (event === "exit-early") this.#retryOrGiveUp();
    else if (isRestarted) this.#restart(end.uptime);
  }

  /** Its checks say so: stops the program by its own rules, and starts it again unless that is excluded. */
  hangs(hang: Hang): void {
    if (this.innerState !== "RUNNING") return;
    log.error(`${this.id} ${hang.reason}; stopping it`);
    this.takeDown(this.spec.stopwaitsecs, hang).catch((error: unknown) => log.error(messageOf(error)));
  }

  /** A stop is over that nobody has asked for. */
  #recover(hang: Hang | undefined): void {
    if (hang === undefined) {
      if (this.#stop?.hung) this.#owner.onStartable(this);
    } else if (this.spec.autorestart === false) this.enter("give-up", hang.reason);
    else this.#restart(hang.soundSeconds);
  }

  #restart(uptime: number): void {
    this.restartCount++;
    const delay = this.#attempts.crashed(uptime);
    if (delay === 0) {
      this.#spawn("start");
      return;
    }
    this.enter("delay", this.why);
    this.after(delay, () => this.#spawn("retry"));
  }

  #retryOrGiveUp(): void {
    const delay = this.#attempts.failedToStart();
    if (delay === undefined) {
      this.enter("give-up", this.why);
      return;
    }
    this.after(delay, () => {
      this.restartCount++;
      this.#spawn("retry");
    });
  }

  protected override enter(event: Event, reason: string | null = null): State {
    const state = super.enter(event, reason);
    this.#changed();
    if (event === "stopped" && !this.isStopRequested) this.#recover(this.#hang);
    return state;
  }
}
