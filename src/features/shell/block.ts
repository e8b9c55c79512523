import block from "./environment.sh" with { type: "text" };
import { dirname } from "node:path";

const [BEGIN = "", END = ""] = [block.split("\n")[0], block.trimEnd().split("\n").at(-1)];
const RUNTIME_DIRECTORY = "/run/ai-dock";

/** Where the block of a sourced file finds things. */
export interface BlockPaths {
  /** The sourced file itself. */
  file: string;
  /** The boot environment of root, beside that of the account. */
  environment: string;
}

/** The text of the sourced file: our block first, then the lines of the image, each byte a character. */
export function withLines(lines: string, { file, environment }: BlockPaths): string {
  const own = block
    .replaceAll("/opt/ai-dock/etc/environment.sh", file)
    .replaceAll(RUNTIME_DIRECTORY, dirname(environment));
  return own + lines;
}

/** The lines of a sourced file that are not ours: what layers have appended. */
export function linesOf(text: string): string {
  const begin = text.indexOf(BEGIN);
  if (begin === -1) return text;
  const end = text.indexOf(END, begin);
  if (end === -1) return text;
  return text.slice(0, begin) + text.slice(end + END.length).replace(/^\n/, "");
}
