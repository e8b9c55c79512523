import { constants } from "node:os";

/** Signals that a main command gets instead of us. SIGCHLD is ours; KILL and STOP cannot be passed on. */
const forwarded = [
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
] as const satisfies (keyof typeof constants.signals)[];

export interface Signals {
  /** Aborted by the first SIGTERM or SIGINT. */
  readonly stop: AbortSignal;
  /** Aborted by the second one. */
  readonly hurry: AbortSignal;
  /** Sends every signal to `target` from now on instead of acting on it. */
  forward(target: (signal: string) => void): void;
  /** Acts on signals ourselves again: SIGTERM and SIGINT hurry. */
  reclaim(): void;
  onHangup(action: () => void): void;
  onUser2(action: () => void): void;
}

/** Takes every signal that PID 1 would otherwise ignore. */
export function watchSignals(): Signals {
  const stop = new AbortController();
  const hurry = new AbortController();
  const actions: Partial<Record<string, () => void>> = {
    SIGTERM: () => (stop.signal.aborted ? hurry : stop).abort(),
    SIGINT: () => (stop.signal.aborted ? hurry : stop).abort(),
  };
  let target: ((signal: string) => void) | undefined;
  for (const signal of forwarded) {
    process.on(signal, () => {
      if (target !== undefined) target(signal.slice(3));
      else actions[signal]?.();
    });
  }
  return {
    stop: stop.signal,
    hurry: hurry.signal,
    forward(to) {
      target = to;
    },
    reclaim() {
      target = undefined;
      stop.abort();
    },
    onHangup(action) {
      actions["SIGHUP"] = action;
    },
    onUser2(action) {
      actions["SIGUSR2"] = action;
    },
  };
}
