import { checkKeyBlob, isKeyType } from "./blob.ts";
import { optionsLength, optionsProblem } from "./options.ts";

/** A public key of authorized_keys. */
export interface AuthorizedKey {
  kind: "key";
  /** The options in front of the type, as written, or "". */
  options: string;
  type: string;
  /** The base64 half, which identifies the key. */
  blob: string;
  comment: string;
  /** What is questionable about a key that is kept. */
  warning?: string;
}

export type KeyLine =
  | AuthorizedKey
  | { kind: "comment"; text: string }
  | { kind: "blank" }
  | { kind: "invalid"; reason: string };

/** Parses one line of authorized_keys as sshd does: leading blanks and a CR at the end are fine. */
export function parseKeyLine(raw: string): KeyLine {
  const line = raw.trim();
  if (line === "") return { kind: "blank" };
  if (line.startsWith("#")) return { kind: "comment", text: line };
  const options = isKeyType(firstWord(line)) ? "" : line.slice(0, optionsLength(line));
  const [, type = "", blob = "", comment = ""] =
    /^(\S+)(?:[ \t]+(\S+)(?:[ \t]+(.*))?)?$/s.exec(line.slice(options.length).trimStart()) ?? [];
  if (!isKeyType(type)) return { kind: "invalid", reason: describe(line) };
  const problem = options === "" ? undefined : optionsProblem(options);
  if (problem !== undefined) return { kind: "invalid", reason: problem };
  const check = checkKeyBlob(type, blob);
  if (!check.ok) return { kind: "invalid", reason: check.reason };
  const key: AuthorizedKey = { kind: "key", options, type, blob, comment };
  return check.warning === undefined ? key : { ...key, warning: check.warning };
}

/** The key as one line for authorized_keys. */
export function formatKey({ options, type, blob, comment }: AuthorizedKey): string {
  return [options, type, blob, comment].filter((part) => part !== "").join(" ");
}

const firstWord = (line: string) => /^\S*/.exec(line)?.[0] ?? "";

/** The start of the base64 half of every key: the length of the type's name. */
const KEY_START = /^AAAA[0-9A-Za-z+/]{20}/;

/** Says what a line is without quoting the line, which may be a password or a private key. */
function describe(line: string): string {
  const [first = "", second = ""] = line.split(/\s+/, 2);
  if (KEY_START.test(first)) return "a key without its type (such as ssh-ed25519) in front";
  if (KEY_START.test(second)) return `an unknown key type "${first}"`;
  return "something else";
}
