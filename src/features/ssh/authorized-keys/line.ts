import { checkKeyBlob, isKeyType } from "./blob.ts";
import { optionsLength, optionsProblem } from "./options.ts";

/** A public key as a line of authorized_keys holds it. */
export interface AuthorizedKey {
  kind: "key";
  /** As written in front of the type, or "". */
  options: string;
  type: string;
  /** The base64 half, which alone tells two keys apart. */
  blob: string;
  comment: string;
  /** Why the key is kept but deserves a word. */
  warning?: string;
}

export type KeyLine =
  | AuthorizedKey
  | { kind: "comment"; text: string }
  | { kind: "blank" }
  | { kind: "invalid"; reason: string };

/** Reads one line of authorized_keys the way sshd does, blanks in front and a CR at its end included. */
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

/** How the base64 half of every key begins: with the length of its type's name. */
const KEY_START = /^AAAA[0-9A-Za-z+/]{20}/;

/** Never quotes the line: it may be a password or a private key in the wrong place. */
function describe(line: string): string {
  const [first = "", second = ""] = line.split(/\s+/, 2);
  if (KEY_START.test(first)) return "a key without its type (such as ssh-ed25519) in front";
  if (KEY_START.test(second)) return `an unknown key type "${first}"`;
  return "something else";
}
