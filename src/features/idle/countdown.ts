import type { End, Why } from "./clock.ts";
import { endText, type Policy, warningText } from "./policy.ts";
import type { Teller, Told } from "./tell.ts";

/** So long before the end, terminals are told once more. */
const LAST_WORD = 60_000;

/** What people are told of an end that comes, and of one that does not. Times in milliseconds. */
export class Countdown {
  readonly #teller: Teller;
  #warned: { why: Why; lastWord: boolean } | undefined;
  #told: Promise<void> = Promise.resolve();

  constructor(teller: Teller) {
    this.#teller = teller;
  }

  /** Resolves when the webhook knows the last of what it was told. */
  get told(): Promise<void> {
    return this.#told;
  }

  /** True from the first warning on. */
  get isOn(): boolean {
    return this.#warned !== undefined;
  }

  /** The end is that far away; called at each look. */
  warn(policy: Policy, { why, at }: End, now: number): void {
    const left = at - now;
    const message = warningText(policy, why, left);
    this.#teller.notice(message);
    if (this.#warned?.why !== why) {
      this.#warned = { why, lastWord: left <= LAST_WORD };
      this.#teller.log("warn", message);
      this.#teller.terminals(message);
      this.#hook("idle_warning", policy, why, message, left);
    } else if (!this.#warned.lastWord && left <= LAST_WORD) {
      this.#warned.lastWord = true;
      this.#teller.terminals(message);
    }
  }

  /** The container stays, for a reason. Nothing is said where nobody was warned. */
  stays(policy: Policy, reason: string): void {
    if (this.#warned !== undefined) this.tellStays(policy, this.#warned.why, reason);
    this.forget();
  }

  /** Somebody has come back while the action was tried. */
  tellStays(policy: Policy, why: Why, reason: string): void {
    const message = `the container stays: ${reason}`;
    this.#teller.log("info", message);
    this.#teller.terminals(message);
    this.#hook("idle_kept", policy, why, message);
  }

  /** The end has come. */
  over(policy: Policy, why: Why): void {
    const message = endText(policy, why);
    const isReport = policy.kind === "report";
    this.forget();
    this.#teller.log("warn", message);
    this.#teller.notice(message);
    this.#hook(isReport ? "idle_report" : "idle_end", policy, why, message);
    if (!isReport) this.#teller.terminals(message);
  }

  /** Limits have changed: what was said is of no use. */
  forget(): void {
    this.#warned = undefined;
  }

  #hook(event: Told["event"], { kind }: Policy, why: Why, message: string, left?: number): void {
    const seconds_left = left === undefined ? null : Math.round(left / 1000);
    this.#told = this.#teller.webhook({ event, why, action: kind, message, seconds_left });
  }
}
