import { readFileSync } from "node:fs";
import { basename } from "node:path";

/** How a script is run. */
export type Script =
  /** Sourced in a bash of its own, with options such as `-e` from its first line. */
  | { kind: "bash"; flags: string[]; empty: boolean; mended: Buffer | undefined }
  /** Handed to the interpreter of its first line, executable or not. */
  | { kind: "interpreter"; command: string[]; mended: Buffer | undefined }
  /** A compiled program. */
  | { kind: "binary" };

/** `#!/bin/false` marks scripts of the ai-dock images that are only ever sourced. */
const bashNames = new Set(["bash", "sh", "false"]);

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
/** How much of a file is searched for a NUL byte, which tells a program from text. */
const HEAD_BYTES = 256;

/** Reads a script and decides how it is run. Throws with an errno `code` when the file cannot be read. */
export function readScript(path: string): Script {
  const content = readFileSync(path);
  if (!content.subarray(0, 2).equals(Buffer.from("#!")) && content.subarray(0, HEAD_BYTES).includes(0))
    return { kind: "binary" };
  const mended = mend(content);
  const text = (mended ?? content).toString("latin1");
  const [interpreter, ...rest] = shebang(text);
  if (interpreter === undefined) return { kind: "bash", flags: [], empty: isEmpty(text), mended };
  const [program = "", ...words] = basename(interpreter) === "env" ? envWords(rest) : [interpreter, ...rest];
  if (bashNames.has(basename(program)))
    return { kind: "bash", flags: setFlags(words), empty: isEmpty(text), mended };
  // The kernel passes the rest of the line as one argument.
  const command = [interpreter, ...(rest.length === 0 ? [] : [rest.join(" ")])];
  // Only shells stumble over CRLF. Other interpreters get the real path, next to which their modules are.
  return { kind: "interpreter", command, mended: basename(program).endsWith("sh") ? mended : undefined };
}

/** The content with LF line ends and without a byte order mark; undefined where nothing had to change. */
function mend(content: Buffer): Buffer | undefined {
  const text = content.subarray(content.subarray(0, BOM.byteLength).equals(BOM) ? BOM.byteLength : 0);
  if (text.includes("\r\n")) return Buffer.from(text.toString("latin1").replaceAll("\r\n", "\n"), "latin1");
  return text.byteLength === content.byteLength ? undefined : text;
}

function shebang(text: string): string[] {
  const line = /^#!(.*)/.exec(text)?.[1]?.trim() ?? "";
  return line === "" ? [] : line.split(/\s+/);
}

/** The command after `env`, without options and assignments. */
function envWords(words: string[]): string[] {
  const first = words.findIndex((word) => !word.startsWith("-") && !word.includes("="));
  return first === -1 ? [] : words.slice(first);
}

/** The options that the builtin `set` takes. */
function setFlags(words: string[]): string[] {
  return words.filter(
    (word, index) =>
      /^-[abefhkmnptuvxBCEHPT]+o?$|^-o$/.test(word) || /^-[a-zA-Z]*o$/.test(words[index - 1] ?? ""),
  );
}

function isEmpty(text: string): boolean {
  return text.split("\n").every((line) => /^\s*(?:#.*)?$/.test(line));
}
