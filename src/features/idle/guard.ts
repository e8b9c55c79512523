import type { IdleState } from "../../control/idle.ts";
import { AiDockError, messageOf } from "../../errors.ts";
import { type Activity, isLoad, type Source, unmeasured } from "./activity/activity.ts";
import { isProvisioning } from "./activity/provisioning.ts";
import { IN_USE, type Outcome } from "./act.ts";
import { type End, IdleClock, type Why } from "./clock.ts";
import { Countdown } from "./countdown.ts";
import { describe, Findings } from "./describe.ts";
import { outlivedText, type Policy } from "./policy.ts";
import { Stall } from "./stall.ts";
import type { Teller } from "./tell.ts";
import { duration } from "../../sys/duration.ts";

/** A source that does not answer has not measured. */
const LOOK_MILLISECONDS = 30_000;
/** A look that is later than that, and than half an interval, or stands still for as long: the container was paused. */
const LEAST_LATENESS = 5000;
/** Between two looks at least. */
const LEAST_PAUSE = 100;
/** What a webhook gets before the container ends, which ends the process that tells it. */
const LAST_HOOK_MILLISECONDS = 5000;

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

/** The action while it is carried out. */
interface Acting {
  why: Why;
  end: AbortController;
}

/** Looks whether somebody uses the container, once a minute, and ends it when nobody does. */
export class IdleGuard {
  readonly #options: GuardOptions;
  readonly #now: () => number;
  readonly #clock: IdleClock;
  readonly #findings = new Findings();
  readonly #countdown: Countdown;
  #policy: Policy;
  #timer: Timer | undefined;
  #expected: number;
  #looking: Promise<void> | undefined;
  #acting: Acting | undefined;
  /** Since the look before, load may have been that of the action: of its command, or of scripts that run before a stop. */
  #isOwnLoad = false;
  #state: IdleState;
  #isOver = false;

  constructor(policy: Policy, options: GuardOptions) {
    this.#options = options;
    this.#countdown = new Countdown(options.teller);
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
    this.#acting?.end.abort();
    this.#options.teller.notice(undefined);
  }

  /** For so many milliseconds the container is not idle; null ends that. Throws AiDockError where the end has begun. */
  keep(milliseconds: number | null): IdleState {
    if (this.#isOver) throw new AiDockError("Too late: the container ends");
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
      this.#looking = this.#round()
        .catch((error: unknown) => this.#failed(error))
        .finally(() => (this.#looking = undefined));
    }, milliseconds).unref();
  }

  async #round(): Promise<void> {
    const policy = this.#options.policy();
    if (policy === undefined || this.#isOver) return;
    const before = this.#now();
    this.#policy = policy;
    if (this.#clock.setLimits(policy.limits, before)) this.#countdown.forget();
    const isActing = this.#acting !== undefined;
    const stall = new Stall(this.#now);
    const all = (await Promise.all(this.#options.sources.map(lookAt))).flat();
    const late = Math.max(before - this.#expected, stall.end());
    const wasPaused = late > Math.max(LEAST_LATENESS, policy.interval / 2);
    const found = this.#isOwnLoad ? all.filter((one) => !isLoad(one)) : all;
    this.#isOwnLoad = isActing;
    if (wasPaused) found.push(unmeasured("pause", `paused for ${duration(late)}, which counts as activity`));
    if (this.#isOver) return;
    const now = this.#now();
    this.#clock.look(now, { isBusy: found.length > 0, isProvisioning: found.some(isProvisioning) });
    this.#findings.take(found);
    this.#follow(now);
  }

  /** A bug of ours keeps the container, and the next look comes all the same. */
  #failed(error: unknown): void {
    this.#options.teller.log("error", `a look has failed: ${messageOf(error)}`);
    this.#schedule(this.#policy.interval);
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
    if (end?.isWarned === true) {
      this.#countdown.warn(this.#policy, end, now);
      return;
    }
    const isSaid = this.#clock.isSettled("idle") || this.#clock.isSettled("lifetime");
    if (this.#countdown.isOn || !isSaid) this.#options.teller.notice(undefined);
    this.#countdown.stays(this.#policy, this.#findings.reason);
  }

  #due({ why }: End): void {
    const { teller } = this.#options;
    this.#countdown.over(this.#policy, why);
    const acting = { why, end: new AbortController() };
    this.#acting = acting;
    this.#isOwnLoad = this.#policy.kind !== "report";
    void this.#options
      .act(this.#policy, why, acting.end.signal)
      .catch((error: unknown): Outcome => {
        teller.log("error", `AI_DOCK_IDLE_ACTION: ${messageOf(error)}; the container ends`);
        return "end";
      })
      .then(async (outcome) => await this.#acted(acting, outcome));
  }

  async #acted(acting: Acting, outcome: Outcome): Promise<void> {
    if (outcome === "end") await Promise.race([this.#countdown.told, Bun.sleep(LAST_HOOK_MILLISECONDS)]);
    if (this.#isOver || this.#acting !== acting) return;
    const { why } = acting;
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
    if (end?.isDue === true || this.#acting === undefined) return;
    const { why, end: acting } = this.#acting;
    acting.abort(IN_USE);
    this.#acting = undefined;
    this.#options.teller.notice(undefined);
    this.#countdown.tellStays(this.#policy, why, this.#findings.reason);
  }

  #describe(now: number): IdleState {
    const [policy, clock, findings] = [this.#policy, this.#clock, this.#findings];
    return describe({ policy, clock, findings, isActing: this.#acting !== undefined, now });
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
