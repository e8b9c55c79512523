import { readIfExists } from "../fs.ts";
import { parseKeyLine } from "./line.ts";

/** How many keys of a file sshd would accept; 0 when it is not there. */
export function countKeys(path: string): number {
  const lines = (readIfExists(path) ?? "").split("\n");
  return lines.filter((line) => parseKeyLine(line).kind === "key").length;
}
