import { newCode } from "../../control/portal/code.ts";
import { sha256 } from "../../sys/crypto.ts";

const LIFE_MILLISECONDS = 10 * 60_000;
const MOST_CODES = 100;

/** Codes of `ai-dock web`: each is good for one login, for some minutes. */
export class LoginCodes {
  /** When each ends, by its hash: a code is not compared letter by letter. */
  readonly #ends = new Map<string, number>();

  /** A new code, signed with the key of sessions. `now` in milliseconds. */
  make(key: string, now = performance.now()): string {
    const code = newCode(key);
    this.#ends.set(hash(code), now + LIFE_MILLISECONDS);
    const [oldest] = this.#ends.keys();
    if (this.#ends.size > MOST_CODES && oldest !== undefined) this.#ends.delete(oldest);
    return code;
  }

  /** True for a code that is good; it is used up by that. */
  redeem(code: string, now = performance.now()): boolean {
    const end = this.#ends.get(hash(code));
    this.#ends.delete(hash(code));
    return end !== undefined && now < end;
  }
}

const hash = (code: string) => sha256(code).toString("base64");
