import { join } from "node:path";
import type { Credentials } from "../../control/portal/protocol.ts";
import { messageOf } from "../../errors.ts";
import { logger } from "../../log.ts";
import { readIfExists, writeFileAtomic } from "../../sys/fs.ts";
import { type Seal, seal, unseal } from "./seal.ts";

/** How long a login lasts. */
export const SESSION_SECONDS = 7 * 24 * 3600;

/** Cookies of our name that are looked at in one request. */
const MOST_COOKIES = 8;

const log = logger("portal");

/** Sessions are signed, so that they survive a restart; only those that were ended by a logout are kept. */
export class Sessions {
  readonly #file: string | undefined;
  /** Ids of sessions that were ended, and when each would have expired, in epoch seconds. */
  readonly #ended: Map<string, number>;

  /** Without a directory, sessions that were ended are forgotten with the process. */
  constructor(directory: string | undefined) {
    this.#file = directory === undefined ? undefined : join(directory, "ended-sessions.json");
    this.#ended = read(this.#file);
  }

  /** The Set-Cookie header of a new session. */
  begin({ cookie, sessionKey }: Credentials, secure: boolean): string {
    return setCookie(cookie, seal(sessionKey, SESSION_SECONDS), SESSION_SECONDS, secure);
  }

  /** The session of a Cookie header. A browser may send cookies of one name for several paths: one valid is enough. */
  find({ cookie, sessionKey }: Credentials, header: string | null): Seal | undefined {
    for (const value of valuesOf(header ?? "", cookie)) {
      const session = unseal(sessionKey, value);
      if (session !== undefined && !this.#ended.has(session.id)) return session;
    }
    return undefined;
  }

  /** Ends the session for good, and returns the Set-Cookie header that removes its cookie. */
  end({ cookie }: Credentials, session: Seal | undefined, secure: boolean): string {
    if (session !== undefined) {
      const now = Date.now() / 1000;
      for (const [id, expires] of this.#ended) if (expires < now) this.#ended.delete(id);
      this.#ended.set(session.id, session.expires);
      this.#save();
    }
    return setCookie(cookie, "", 0, secure);
  }

  #save(): void {
    if (this.#file === undefined) return;
    try {
      writeFileAtomic(this.#file, JSON.stringify(Object.fromEntries(this.#ended)), 0o600);
    } catch (error) {
      log.warn(`a logout is not kept (${messageOf(error)}); it holds until the portal is restarted`);
    }
  }
}

function read(file: string | undefined): Map<string, number> {
  try {
    const text = file === undefined ? undefined : readIfExists(file);
    const entries = Object.entries(JSON.parse(text ?? "{}") as object);
    return new Map(entries.filter((entry): entry is [string, number] => typeof entry[1] === "number"));
  } catch (error) {
    log.warn(`"${file}" cannot be read (${messageOf(error)}); sessions that were ended there may go on`);
    return new Map();
  }
}

function valuesOf(header: string, name: string): string[] {
  return header
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`))
    .map((part) => part.slice(name.length + 1))
    .slice(0, MOST_COOKIES);
}

function setCookie(name: string, value: string, seconds: number, secure: boolean): string {
  return `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
}
