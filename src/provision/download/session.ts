import type { Client } from "./connection.ts";
import { ChangedError, DownloadError, PassingError } from "./error.ts";
import type { DownloadLimits } from "./limits.ts";
import { contentRange } from "./remote.ts";
import { refuseStatus, type TokenName } from "./refuse.ts";
import { type Answer, request } from "./request.ts";
import { ifRange, sameVersion, type Validator, validatorOf } from "./validator.ts";

/** Statuses by which storages say that a signed URL has expired. */
const EXPIRED = new Set([400, 401, 403, 404, 410]);

/** Further ranges of one version of a file. */
export class Session {
  readonly client: Client;
  readonly limits: DownloadLimits;
  readonly #start: URL;
  readonly #version: Validator & { size: number };
  readonly #tokenName: TokenName;
  #location: URL;
  /** Whether `#location` has given a range since it was found: then it can have expired. */
  #worked = true;
  /** Some servers answer If-Range with the whole file, whatever it says. */
  #isConditional = true;

  constructor(
    client: Client,
    limits: DownloadLimits,
    file: { start: URL; location: URL; version: Validator & { size: number }; tokenName: TokenName },
  ) {
    this.client = client;
    this.limits = limits;
    this.#start = file.start;
    this.#location = file.location;
    this.#version = file.version;
    this.#tokenName = file.tokenName;
  }

  /** The same file for another client. */
  with(client: Client): Session {
    const { limits } = this;
    const file = {
      start: this.#start,
      location: this.#location,
      version: this.#version,
      tokenName: this.#tokenName,
    };
    return new Session(client, limits, file);
  }

  /** Asks for bytes; finds the location anew when it has expired. Throws PassingError, DownloadError and ChangedError. */
  async range(offset: number, end: number): Promise<Answer> {
    for (;;) {
      const from = this.#location;
      const answer = await request(this.client, from, this.#headers(offset, end));
      try {
        if (this.#hasExpired(answer, from)) {
          answer.connection[Symbol.dispose]();
          continue;
        }
        if (this.#ignoresCondition(answer)) {
          this.#isConditional = false;
          answer.connection[Symbol.dispose]();
          continue;
        }
        this.#check(answer, offset);
        if (from === this.#location) this.#worked = true;
        if (from === this.#start) this.#location = answer.connection.url;
        return answer;
      } catch (error) {
        answer.connection[Symbol.dispose]();
        throw error;
      }
    }
  }

  #headers(offset: number, end: number): Record<string, string> {
    const condition = this.#isConditional ? ifRange(this.#version) : undefined;
    const range = { range: `bytes=${offset}-${end - 1}` };
    return condition === undefined ? range : { ...range, "if-range": condition };
  }

  /** Goes back to the URL that was asked for; true when another request may do. */
  #hasExpired({ connection }: Answer, from: URL): boolean {
    if (!EXPIRED.has(connection.response.status) || from === this.#start) return false;
    if (from !== this.#location) return true;
    if (!this.#worked) return false;
    this.#worked = false;
    this.#location = this.#start;
    return true;
  }

  #ignoresCondition({ connection: { response } }: Answer): boolean {
    return this.#isConditional && response.status === 200 && this.#isSame(response);
  }

  #isSame({ status, headers }: Response): boolean {
    const size = status === 200 ? headers.get("content-length") : null;
    if (size !== null && Number(size) !== this.#version.size) return false;
    return sameVersion(this.#version, validatorOf(headers)) ?? true;
  }

  #check({ connection }: Answer, offset: number): void {
    refuseStatus(connection, this.#start, this.#tokenName);
    const { response } = connection;
    const { status, headers } = response;
    if (status === 200 && this.#isSame(response))
      throw new PassingError("the whole file for a part of it", { status });
    if (status === 200) throw new ChangedError();
    const range = contentRange(headers.get("content-range"));
    if (range === undefined || range.offset !== offset)
      throw new PassingError(`an answer for another range than the one asked for`, { status });
    if (range.size !== this.#version.size || !this.#isSame(response)) throw new ChangedError();
  }
}

/** An error as the last one of a download that gives up. */
export function giveUp(error: PassingError, shown: string, attempts: number): DownloadError {
  const times = `${attempts} times in a row without progress`;
  if (error.status === 429)
    return new DownloadError(
      "rate-limited",
      `"${shown}": expected a file, got HTTP 429, too many requests, ${times}`,
      {
        hint: "Try again later, with fewer downloads at a time, or with a token, for which limits are higher",
      },
    );
  return new DownloadError("network", `"${shown}": expected a file, got ${error.message} ${times}`, {
    hint: "Check the network; what has come is kept for the next attempt",
  });
}
