/** Of the guard, in milliseconds; undefined for what is off. */
export interface Limits {
  idle: number | undefined;
  life: number | undefined;
  /** How long is warned before an end. */
  warning: number;
}

export type Why = "idle" | "lifetime";

/** The next end, if all stays as it is. */
export interface End {
  why: Why;
  at: number;
  /** The countdown to it goes on. */
  isWarned: boolean;
  isDue: boolean;
}

/** Provisioning is not cut off at the end of the lifetime, but must not take more than as much again. */
const LIFE_WITH_PROVISIONING = 2;

/**
 * When an idle container ends. All times are those of one monotonic clock, in milliseconds, so that changes of the time of
 * day change nothing. A countdown always takes its whole time, however late it began.
 */
export class IdleClock {
  #limits: Limits = { idle: undefined, life: undefined, warning: 0 };
  #began: number;
  #lastActive: number;
  #keptUntil: number | undefined;
  #isProvisioning = false;
  #warned: { why: Why; at: number } | undefined;
  /** Ends that were said and not carried out: the idle one until there is activity, the other one for good. */
  readonly #settled = new Set<Why>();

  constructor(began: number) {
    this.#began = began;
    this.#lastActive = began;
  }

  /** Takes limits; one that differs from before counts from now on. True where one does. */
  setLimits(limits: Limits, now: number): boolean {
    const { idle, life } = this.#limits;
    const differs = idle !== limits.idle || life !== limits.life;
    if (idle !== limits.idle) this.#active(now);
    if (life !== limits.life) {
      this.#began = now;
      this.#settled.delete("lifetime");
    }
    this.#limits = limits;
    return differs;
  }

  /** What a look has found. */
  look(now: number, { isBusy, isProvisioning }: { isBusy: boolean; isProvisioning: boolean }): void {
    if (isBusy) this.#active(now);
    this.#isProvisioning = isProvisioning;
  }

  /** Counts as activity until then; undefined ends that, which is one itself. */
  keep(until: number | undefined, now: number): void {
    this.#active(now);
    this.#keptUntil = until;
  }

  /** The end was carried out, or only said: it comes once. */
  settle(why: Why): void {
    this.#settled.add(why);
  }

  /** True where that end was said, and nothing has come to change that. */
  isSettled(why: Why): boolean {
    return this.#settled.has(why);
  }

  #active(now: number): void {
    this.#lastActive = now;
    this.#settled.delete("idle");
  }

  keptUntil(now: number): number | undefined {
    return this.#keptUntil !== undefined && this.#keptUntil > now ? this.#keptUntil : undefined;
  }

  get lastActive(): number {
    return this.#lastActive;
  }

  /** The next end; begins the countdown to it where it is time, and forgets one that activity has ended. */
  end(now: number): End | undefined {
    const next = this.#next(now);
    if (next === undefined || now < next.at - next.warning) {
      this.#warned = undefined;
      return next === undefined ? undefined : { why: next.why, at: next.at, isWarned: false, isDue: false };
    }
    if (this.#warned?.why !== next.why) this.#warned = { why: next.why, at: now };
    const at = Math.max(next.at, this.#warned.at + next.warning);
    return { why: next.why, at, isWarned: true, isDue: now >= at };
  }

  /** When to look again: `interval` from now, a quarter of that in a countdown, but never later than something is due. */
  nextLook(now: number, interval: number): number {
    const end = this.end(now);
    const pause = now + (end?.isWarned === true ? interval / 4 : interval);
    const next = this.#next(now);
    if (next === undefined || end === undefined) return pause;
    return Math.min(pause, ...[next.at - next.warning, end.at].filter((at) => at > now));
  }

  #next(now: number): { why: Why; at: number; warning: number } | undefined {
    const { idle, life, warning } = this.#limits;
    const active = Math.max(this.#lastActive, this.#keptUntil ?? this.#lastActive);
    const ends: { why: Why; at: number; warning: number }[] = [];
    if (idle !== undefined && !this.#settled.has("idle"))
      ends.push({ why: "idle", at: active + idle, warning: Math.min(warning, idle / 2) });
    if (life !== undefined && !this.#settled.has("lifetime"))
      ends.push(this.#lifeEnd(life, Math.min(warning, life / 2), now));
    return ends.toSorted((a, b) => a.at - b.at)[0];
  }

  #lifeEnd(life: number, warning: number, now: number): { why: Why; at: number; warning: number } {
    const own = this.#began + life;
    const isDeferred = this.#isProvisioning && now >= own - warning;
    const at = isDeferred ? this.#began + LIFE_WITH_PROVISIONING * life : own;
    return { why: "lifetime", at, warning };
  }
}
