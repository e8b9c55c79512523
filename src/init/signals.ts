import type { BeforeStop, StopReason } from "../features/hooks/prestop.ts";

/** Signals that PID 1 would otherwise ignore, or that the main command gets. SIGCHLD is ours; KILL and STOP cannot be caught. */
const caught = [
  "SIGTERM",
  "SIGINT",
  "SIGHUP",
  "SIGQUIT",
  "SIGUSR1",
  "SIGUSR2",
  "SIGALRM",
  "SIGWINCH",
  "SIGCONT",
  "SIGTSTP",
] as const satisfies NodeJS.Signals[];

/** What the signals come from: `process`, or an emitter in tests. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
}

/** The signals of init, and the requests to stop that come by other ways. */
export class Signals {
  /** Runs once, before the first stop; undefined where nothing is to be done. */
  beforeStop: ((before: BeforeStop) => Promise<void> | undefined) | undefined;
  readonly #stop = new AbortController();
  readonly #hurry = new AbortController();
  readonly #pressed = new AbortController();
  readonly #skipped = new AbortController();
  readonly #seen = new Set<NodeJS.Signals>();
  readonly #actions: Partial<Record<NodeJS.Signals, () => void>> = {
    SIGTERM: () => this.#interrupt("SIGTERM"),
    SIGINT: () => this.#interrupt("SIGINT"),
  };
  #target: ((signal: string) => void) | undefined;
  #isRequested = false;
  #reason: StopReason | undefined;
  #before: Promise<void> | undefined;
  #isBefore = false;
  /** The stop follows what comes before it. */
  #isBegun = false;
  /** When the time of the stop began, on the clock of performance.now(). */
  #since: number | undefined;

  /** Catches the signals from now on. */
  constructor(source: SignalSource = process) {
    for (const signal of caught) source.on(signal, () => this.#receive(signal));
  }

  /** Aborted by the first SIGTERM or SIGINT, by requestStop() and by reclaim(), after what comes before a stop. */
  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  /** Aborted by a SIGTERM after a SIGTERM, or a SIGINT after a SIGINT: the stop goes on with SIGKILL. */
  get hurry(): AbortSignal {
    return this.#hurry.signal;
  }

  /** True once requestStop() was called. */
  get isStopRequested(): boolean {
    return this.#isRequested;
  }

  /** Why the container stops: the first reason counts. */
  get reason(): StopReason | undefined {
    return this.#reason;
  }

  /**
   * Seconds of the time for the stop that have passed: since the signal that asked for it, whose sender waits; for another
   * reason, since what comes before a stop has ended. 0 before.
   */
  get stopSeconds(): number {
    return this.#since === undefined ? 0 : (performance.now() - this.#since) / 1000;
  }

  /**
   * Notes the reason for a stop that the caller is about to begin, and does what comes before a stop, unless that was done.
   * Undefined where nothing has to be waited for; never rejects.
   */
  prepareStop(reason: StopReason): Promise<void> | undefined {
    this.#reason ??= reason;
    if (this.#before !== undefined) return this.#isBefore ? this.#before : undefined;
    const { signal: pressed } = this.#pressed;
    const { signal: skipped } = this.#skipped;
    const before = this.beforeStop?.({ reason: this.#reason, pressed, skipped });
    if (before === undefined) return undefined;
    this.#isBefore = true;
    this.#before = before.finally(() => (this.#isBefore = false));
    return this.#before;
  }

  /** What comes before a stop runs, or the stop has begun. */
  get isStopping(): boolean {
    return this.#isBefore || this.stop.aborted;
  }

  /**
   * The stop for that reason, which prepareStop() was for, does not come: the next one is prepared anew. Without effect once
   * a stop is asked for, and while another one is on its way.
   */
  callOff(reason: StopReason): void {
    if (this.#reason !== reason) return;
    if (this.#since !== undefined || this.#isBefore || this.#isBegun) return;
    this.#before = undefined;
    this.#reason = undefined;
  }

  /**
   * Stops the container as `docker stop` does, but counts as no signal: the SIGTERM that an orchestrator sends next, as
   * Kubernetes does after a preStop hook, must not kill what is stopping. A main command gets SIGTERM.
   */
  requestStop(reason: StopReason = "command"): void {
    this.#isRequested = true;
    this.#begin(reason);
  }

  /** Sends every signal to the main command from now on instead of acting on it. */
  forward(target: (signal: string) => void): void {
    this.#target = target;
  }

  /** Ends forward(), and the container: the main command has ended. */
  reclaim(): void {
    this.#target = undefined;
    this.#reason ??= "exit";
    this.#abort();
  }

  onHangup(action: () => void): void {
    this.#actions.SIGHUP = action;
  }

  onUser2(action: () => void): void {
    this.#actions.SIGUSR2 = action;
  }

  #receive(signal: NodeJS.Signals): void {
    // A SIGTERM passed to the main command counts, too: the sender of a second one wants the container gone.
    if (this.#target === undefined) this.#actions[signal]?.();
    else if (signal === "SIGTERM") this.#interrupt(signal);
    else this.#target(signal.slice(3));
  }

  /** Ctrl-C for a main command only interrupts the command, and does not get here. */
  #interrupt(signal: NodeJS.Signals): void {
    const isRepeated = this.#seen.has(signal);
    this.#seen.add(signal);
    this.#since ??= performance.now();
    this.#pressed.abort();
    if (isRepeated && this.#isBefore) this.#skipped.abort();
    if (isRepeated && !this.#isBefore && this.#target === undefined) this.#hurry.abort();
    else this.#begin("signal");
  }

  /** Stops the container, or tells the main command to end, after what comes before. */
  #begin(reason: StopReason): void {
    const before = this.prepareStop(reason);
    if (before === undefined) this.#abort();
    else if (!this.#isBegun) void before.then(() => this.#abort());
    this.#isBegun = before !== undefined;
  }

  #abort(): void {
    this.#since ??= performance.now();
    if (this.#target === undefined) this.#stop.abort();
    else this.#target("TERM");
  }
}
