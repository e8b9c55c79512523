import { readIfExists } from "../../../sys/fs.ts";
import { parseKeyLine } from "./line.ts";

/** How many keys of some files sshd would accept, each counted once; of one that is not there none. */
export function countKeys(...paths: string[]): number {
  const lines = paths.flatMap((path) => (readIfExists(path) ?? "").split("\n")).map(parseKeyLine);
  return new Set(lines.flatMap((line) => (line.kind === "key" ? line.blob : []))).size;
}
