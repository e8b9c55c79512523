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
  readonly #stop = new AbortController();
  readonly #hurry = new AbortController();
  readonly #seen = new Set<NodeJS.Signals>();
  readonly #actions: Partial<Record<NodeJS.Signals, () => void>> = {
    SIGTERM: () => this.#stop.abort(),
    SIGINT: () => this.#interrupt(),
  };
  #target: ((signal: string) => void) | undefined;
  #isRequested = false;

  /** Catches the signals from now on. */
  constructor(source: SignalSource = process) {
    for (const signal of caught) source.on(signal, () => this.#receive(signal));
  }

  /** Aborted by the first SIGTERM or SIGINT, by requestStop() and by reclaim(). */
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

  /**
   * Stops the container as `docker stop` does, but counts as no signal: the SIGTERM that an orchestrator sends next, as
   * Kubernetes does after a preStop hook, must not kill what is stopping. A main command gets SIGTERM.
   */
  requestStop(): void {
    this.#isRequested = true;
    if (this.#target === undefined) this.#stop.abort();
    else this.#target("TERM");
  }

  /** Sends every signal to the main command from now on instead of acting on it. */
  forward(target: (signal: string) => void): void {
    this.#target = target;
  }

  /** Ends forward(), and the container: the main command has ended. */
  reclaim(): void {
    this.#target = undefined;
    this.#stop.abort();
  }

  onHangup(action: () => void): void {
    this.#actions.SIGHUP = action;
  }

  onUser2(action: () => void): void {
    this.#actions.SIGUSR2 = action;
  }

  #receive(signal: NodeJS.Signals): void {
    // A SIGTERM passed to the main command counts, too: the sender of a second one wants the container gone.
    if (signal === "SIGTERM") this.#countTowardsHurry(signal);
    if (this.#target === undefined) this.#actions[signal]?.();
    else this.#target(signal.slice(3));
  }

  /** Ctrl-C for a main command only interrupts the command, and does not count. */
  #interrupt(): void {
    this.#countTowardsHurry("SIGINT");
    this.#stop.abort();
  }

  #countTowardsHurry(signal: NodeJS.Signals): void {
    if (this.#seen.has(signal) && this.#target === undefined) this.#hurry.abort();
    this.#seen.add(signal);
  }
}
