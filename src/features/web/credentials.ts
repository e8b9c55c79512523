import type { Credentials } from "../../control/portal/protocol.ts";
import { messageOf } from "../../errors.ts";
import { randomBytes, sha256 } from "../../sys/crypto.ts";
import { readIfExists, writeFileAtomic } from "../../sys/fs.ts";
import type { WebSettings } from "./settings.ts";

const SECRET_BYTES = 32;
/** Without letters and digits that look alike. */
const ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const PASSWORD_LETTERS = 20;

interface Stored {
  /** Made here, for what the environment leaves open. */
  password: string;
  token: string;
  /** 8 hexadecimal digits of the name of the session cookie: cookies ignore ports, containers of one host share names. */
  cookie: string;
  /** 32 bytes, base64. */
  sessionKey: string;
  /** Which user, password and tokens the key has signed sessions for. */
  signedFor: string;
  /** By set-web-credentials, and in place of which settings. */
  chosen?: { user: string; password: string; over: string };
}

/**
 * What logins are checked with. Secrets that no setting gives are made once and kept in a file for root alone; where that
 * cannot be written, until the container ends.
 */
export class CredentialStore {
  readonly #file: string;
  readonly #warn: (message: string) => void;
  #stored: Stored | undefined;

  constructor(file: string, warn: (message: string) => void) {
    this.#file = file;
    this.#warn = warn;
  }

  /** The credentials of now. */
  read(settings: WebSettings): Credentials {
    const stored = this.#load();
    const { user, password } = effective(stored, settings);
    const tokens = [settings.token ?? stored.token, ...settings.extraTokens];
    const signedFor = digest(user, password, ...tokens);
    if (stored.signedFor !== signedFor)
      // Another password or token ends the sessions that the one before has opened.
      this.#save({ ...stored, signedFor, sessionKey: randomBytes(SECRET_BYTES).toString("base64") });
    const { cookie, sessionKey } = this.#load();
    return {
      login: settings.login,
      cookie: `ai_dock_${cookie}_session`,
      user,
      password,
      tokens,
      sessionKey,
      exclude: [...settings.exclude],
    };
  }

  /** Sets user and password, until the settings give others than now. */
  choose(user: string, password: string, settings: WebSettings): void {
    this.#save({ ...this.#load(), chosen: { user, password, over: given(settings) } });
  }

  #load(): Stored {
    this.#stored ??= this.#fromFile();
    if (this.#stored === undefined) this.#save(fresh());
    return this.#stored ?? fresh();
  }

  #fromFile(): Stored | undefined {
    try {
      const text = readIfExists(this.#file);
      return text === undefined ? undefined : storedFrom(JSON.parse(text));
    } catch {
      // The message of a parser may quote the file.
      this.#warn(`"${this.#file}" cannot be read; making new credentials`);
      return undefined;
    }
  }

  #save(stored: Stored): void {
    this.#stored = stored;
    try {
      writeFileAtomic(this.#file, JSON.stringify(stored), 0o600);
    } catch (error) {
      this.#warn(`${messageOf(error)}; logins are kept until the container ends`);
    }
  }
}

function effective({ chosen, password }: Stored, settings: WebSettings): { user: string; password: string } {
  if (chosen !== undefined && chosen.over === given(settings)) return chosen;
  return { user: settings.user, password: settings.password ?? password };
}

/** Reads what is stored. Throws where that is not whole. */
function storedFrom(given: unknown): Stored {
  const stored = given as Stored;
  const { password, token, cookie, sessionKey, signedFor, chosen } = stored;
  const isWhole =
    isText(password) &&
    isText(token) &&
    isText(cookie) &&
    /^[0-9a-f]{8}$/.test(cookie) &&
    isText(sessionKey) &&
    Buffer.from(sessionKey, "base64").byteLength === SECRET_BYTES &&
    typeof signedFor === "string" &&
    (chosen === undefined || [chosen.user, chosen.password, chosen.over].every(isText));
  if (!isWhole) throw new Error("not whole");
  return stored;
}

const isText = (value: unknown) => typeof value === "string" && value !== "";

/** Names the user and password of the settings, without telling them. */
const given = ({ user, password = "" }: WebSettings) => digest(user, password);

function digest(...parts: string[]): string {
  return sha256(JSON.stringify(parts)).toString("base64");
}

function fresh(): Stored {
  return {
    password: readable(PASSWORD_LETTERS),
    token: randomBytes(SECRET_BYTES).toString("base64url"),
    cookie: randomBytes(4).toString("hex"),
    sessionKey: randomBytes(SECRET_BYTES).toString("base64"),
    signedFor: "",
  };
}

/** A random text that can be typed from a screen. */
function readable(letters: number): string {
  let text = "";
  while (text.length < letters) {
    const [byte = 0] = randomBytes(1);
    // Each letter is as likely as the others.
    if (byte < Math.floor(256 / ALPHABET.length) * ALPHABET.length)
      text += ALPHABET[byte % ALPHABET.length] ?? "";
  }
  return text;
}
