import { areBytesEqual, hmacSha256, randomBytes } from "../../sys/crypto.ts";

/** What a session's cookie says. */
export interface Seal {
  /** Random; names the session. */
  id: string;
  /** Epoch seconds. */
  expires: number;
}

const ID_BYTES = 16;
/** Id, end and signature. */
const SHAPE = /^([\w-]{22})\.(\d{1,12})\.([\w-]{43})$/;

/** A new signed value of a cookie, valid for some seconds. `key` is in base64, `now` in epoch milliseconds. */
export function seal(key: string, seconds: number, now = Date.now()): string {
  const id = randomBytes(ID_BYTES).toString("base64url");
  const expires = Math.floor(now / 1000) + seconds;
  return `${id}.${expires}.${signature(key, id, expires).toString("base64url")}`;
}

/** Reads the value of a cookie; undefined where we have not signed it, or too long ago. */
export function unseal(key: string, text: string, now = Date.now()): Seal | undefined {
  const [, id, end, given] = SHAPE.exec(text) ?? [];
  if (id === undefined || end === undefined || given === undefined) return undefined;
  const expires = Number(end);
  const expected = signature(key, id, expires);
  const bytes = Buffer.from(given, "base64url");
  if (!areBytesEqual(bytes, expected)) return undefined;
  return expires * 1000 > now ? { id, expires } : undefined;
}

function signature(key: string, id: string, expires: number): Buffer {
  return hmacSha256(Buffer.from(key, "base64"), `session ${id}.${expires}`);
}
