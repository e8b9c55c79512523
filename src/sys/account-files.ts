import { readFileSync, statSync } from "node:fs";
import { errnoOf } from "../errors.ts";
import { writeFileAtomic } from "./fs.ts";
import { bindMount } from "./mount-calls.ts";
import { mountAt } from "./mounts.ts";

/** The lines of passwd(5), group(5) or shadow(5), split into their fields. One character per byte, as in the file. */
export type AccountLines = string[][];

/** The lines of an account file; undefined where there is none. */
export function readAccountLines(path: string): AccountLines | undefined {
  try {
    const lines = readFileSync(path, "latin1").split("\n");
    // The last one may lack a newline.
    if (lines.at(-1) === "") lines.pop();
    return lines.map((line) => line.split(":"));
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Puts new lines in place of an account file, with its owner and mode; whole or not at all, power cuts included. Throws with an errno `code`. */
export function writeAccountLines(path: string, lines: AccountLines, copy: string): void {
  const bytes = Buffer.from(lines.map((fields) => `${fields.join(":")}\n`).join(""), "latin1");
  const { mode, uid, gid } = statSync(path);
  const write = (target: string) => writeFileAtomic(target, bytes, mode & 0o7777, { uid, gid }, true);
  // A mount is a file of the host, for its other containers, too.
  if (mountAt(path) === undefined) {
    try {
      write(path);
      return;
    } catch (error) {
      if (!["EROFS", "EACCES", "EPERM"].includes(errnoOf(error) ?? "")) throw error;
    }
  }
  write(copy);
  bindMount(copy, path);
}
