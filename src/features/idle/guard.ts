import type { IdleState } from "../../control/idle.ts";
import { messageOf } from "../../errors.ts";
import { type Activity, type Source, unmeasured } from "./activity/activity.ts";
import { isProvisioning } from "./activity/provisioning.ts";
import type { Outcome } from "./act.ts";
import { type End, IdleClock, type Why } from "./clock.ts";
import { describe, Findings } from "./describe.ts";
import { endText, outlivedText, type Policy, warningText } from "./policy.ts";
import type { Teller } from "./tell.ts";
import { duration } from "../../sys/duration.ts";

/** A source that does not answer has not measured. */
const LOOK_MILLISECONDS = 30_000;
/** A look that is later than that, and than half an interval, was held up: the container was paused. */
const LEAST_LATENESS = 5000;
/** Between two looks at least. */
const LEAST_PAUSE = 100;
/** So long before the end, terminals are told once more. */
const LAST_WORD = 60_000;

export interface GuardOptions {
  /** As of now; undefined ends the guard. */
  policy: () => Policy | undefined;
  sources: Source[];
  teller: Teller;
  /** Carries out the action. */
  act: (policy: Policy, why: Why, signal: AbortSignal) => Promise<Outcome>;
  /** Ends the container with 0. */
  endContainer: (why: Why) => void;
  /** The state has changed. */
  onChange: () => void;
  now?: () => number;
}

/** Looks whether somebody uses the container, once a minute, and ends it when nobody does. */
export class IdleGuard {
  readonly #options: GuardOptions;
  readonly #now: () => number;
  readonly #clock: IdleClock;
  readonly #findings = new Findings();
  #policy: Policy;
  #timer: Timer | undefined;
  #expected: number;
  #looking: Promise<void> | undefined;
  #warned: { why: Why; lastWord: boolean } | undefined;
  #acting: AbortController | undefined;
  #state: IdleState;
  #isOver = false;

  constructor(policy: Policy, options: GuardOptions) {
    this.#options = options;
    this.#policy = policy;
    this.#now = options.now ?? (() => performance.now());
    const now = this.#now();
    this.#clock = new IdleClock(now);
    this.#clock.setLimits(policy.limits, now);
    this.#clock.look(now, { isBusy: true, isProvisioning: false });
    this.#expected = now;
    this.#state = this.#describe(now);
  }

  get state(): IdleState {
    return this.#state;
  }

  /** Looks from now on. */
  begin(): void {
    this.#schedule(0);
  }

  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#acting?.abort();
    this.#options.teller.notice(undefined);
  }

  /** For so many milliseconds the container is not idle; null ends that. */
  keep(milliseconds: number | null): IdleState {
    const now = this.#now();
    this.#clock.keep(milliseconds === null ? undefined : now + milliseconds, now);
    const { teller } = this.#options;
    teller.log(
      "info",
      milliseconds === null ? "no more kept from being idle" : `kept for ${duration(milliseconds)}`,
    );
    // A look that is under way follows by itself.
    if (this.#looking === undefined) this.#follow(now);
    return (this.#state = this.#describe(now));
  }

  /** Settings have changed. */
  refresh(): void {
    if (this.#looking === undefined && !this.#isOver) this.#schedule(0);
  }

  #schedule(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#expected = this.#now() + milliseconds;
    this.#timer = setTimeout(() => {
      this.#looking = this.#round().finally(() => (this.#looking = undefined));
    }, milliseconds).unref();
  }

  async #round(): Promise<void> {
    const policy = this.#options.policy();
    if (policy === undefined || this.#isOver) return;
    const before = this.#now();
    this.#policy = policy;
    if (this.#clock.setLimits(policy.limits, before)) this.#warned = undefined;
    const late = before - this.#expected;
    const wasPaused = late > Math.max(LEAST_LATENESS, policy.interval / 2);
    const found = (await Promise.all(this.#options.sources.map(lookAt))).flat();
    if (wasPaused) found.push(unmeasured("pause", `paused for ${duration(late)}, which counts as activity`));
    if (this.#isOver) return;
    const now = this.#now();
    this.#clock.look(now, { isBusy: found.length > 0, isProvisioning: found.some(isProvisioning) });
    this.#findings.take(found);
    this.#follow(now);
  }

  /** Does what the clock says, and plans the next look. */
  #follow(now: number): void {
    const end = this.#clock.end(now);
    if (this.#acting !== undefined) this.#cancelIfUsed(end);
    else if (end?.isDue) this.#due(end);
    else this.#countDown(end, now);
    this.#changed(now);
    if (this.#isOver) return;
    const { interval } = this.#policy;
    const next = this.#acting === undefined ? this.#clock.nextLook(now, interval) : now + interval / 4;
    this.#schedule(Math.max(LEAST_PAUSE, next - now));
  }

  #changed(now: number): void {
    this.#state = this.#describe(now);
    this.#options.onChange();
  }

  #countDown(end: End | undefined, now: number): void {
    const { teller } = this.#options;
    if (end?.isWarned !== true) {
      this.#takeBack();
      return;
    }
    const left = end.at - now;
    const message = warningText(this.#policy, end.why, left);
    teller.notice(message);
    if (this.#warned?.why !== end.why) {
      this.#warned = { why: end.why, lastWord: left <= LAST_WORD };
      teller.log("warn", message);
      teller.terminals(message);
      this.#hook("idle_warning", end.why, message, left);
    } else if (!this.#warned.lastWord && left <= LAST_WORD) {
      this.#warned.lastWord = true;
      teller.terminals(message);
    }
  }

  /** The countdown is over without an end. */
  #takeBack(): void {
    const { teller } = this.#options;
    const warned = this.#warned;
    if (warned === undefined && this.#clock.isSettled("lifetime")) return;
    if (warned === undefined && this.#clock.isSettled("idle")) return;
    teller.notice(undefined);
    this.#warned = undefined;
    if (warned !== undefined) this.#tellStays(warned.why);
  }

  #tellStays(why: Why): void {
    const { teller } = this.#options;
    const message = `the container stays: ${this.#findings.reason}`;
    teller.log("info", message);
    teller.terminals(message);
    this.#hook("idle_kept", why, message, null);
  }

  #due({ why }: End): void {
    const { teller } = this.#options;
    const { kind } = this.#policy;
    const message = endText(this.#policy, why);
    this.#warned = undefined;
    teller.log("warn", message);
    teller.notice(message);
    this.#hook(kind === "report" ? "idle_report" : "idle_end", why, message, null);
    if (kind !== "report") teller.terminals(message);
    const acting = new AbortController();
    this.#acting = acting;
    void this.#options
      .act(this.#policy, why, acting.signal)
      .then((outcome) => this.#acted(acting, why, outcome));
  }

  #acted(acting: AbortController, why: Why, outcome: Outcome): void {
    if (this.#isOver || this.#acting !== acting) return;
    this.#acting = undefined;
    if (outcome === "end") {
      this.#isOver = true;
      this.#options.endContainer(why);
      return;
    }
    this.#clock.settle(why);
    if (this.#policy.kind === "exec")
      this.#options.teller.notice(outlivedText(this.#policy, why, outcome === "over"));
    this.#changed(this.#now());
  }

  /** Somebody has come back while the action was tried. */
  #cancelIfUsed(end: End | undefined): void {
    if (end?.isDue === true) return;
    this.#acting?.abort();
    this.#acting = undefined;
    this.#options.teller.notice(undefined);
    this.#tellStays("idle");
  }

  #describe(now: number): IdleState {
    const [policy, clock, findings] = [this.#policy, this.#clock, this.#findings];
    return describe({ policy, clock, findings, isActing: this.#acting !== undefined, now });
  }

  #hook(
    event: "idle_warning" | "idle_kept" | "idle_end" | "idle_report",
    why: Why,
    message: string,
    left: number | null,
  ) {
    const seconds_left = left === null ? null : Math.round(left / 1000);
    this.#options.teller.webhook({ event, why, action: this.#policy.kind, message, seconds_left });
  }
}

async function lookAt({ name, look }: Source): Promise<Activity[]> {
  const { promise, resolve } = Promise.withResolvers<Activity[]>();
  const timer = setTimeout(() => resolve([unmeasured(name, `${name}: no answer`)]), LOOK_MILLISECONDS);
  try {
    return await Promise.race([Promise.resolve(look()), promise]);
  } catch (error) {
    return [unmeasured(name, `${name}: ${messageOf(error)}`)];
  } finally {
    clearTimeout(timer);
  }
}
