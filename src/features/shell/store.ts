import { lstatSync, readFileSync } from "node:fs";
import { AiDockError, messageOf } from "../../errors.ts";
import { readIfExists, writeFileAtomic } from "../../sys/fs.ts";
import { linesOf, withLines } from "./block.ts";
import { environmentFile, SOURCED_FILE } from "./paths.ts";
import { fingerprint, readStatements, type Statement, write } from "./statements.ts";

/**
 * Appends variables to the sourced file of an image that is being built; what is there already stays as it is. `imageEnv`
 * is what the image's ENV says: a container that was not told otherwise gets the stored value. Throws AiDockError.
 */
export function storeInImage(
  variables: Record<string, string>,
  imageEnv: Record<string, string> = environmentOfBuild(),
  file = SOURCED_FILE,
): void {
  try {
    append(file, variables, imageEnv);
  } catch (error) {
    throw new AiDockError(`Cannot store in "${file}": ${messageOf(error)}`, { cause: error });
  }
}

function append(file: string, variables: Record<string, string>, imageEnv: Record<string, string>): void {
  // An older image has a symlink there, to a file that exists at run time only.
  const there = lstatSync(file, { throwIfNoEntry: false });
  const kept = there?.isFile() === true ? there : undefined;
  const before = kept === undefined ? "" : linesOf(readIfExists(file, "latin1") ?? "");
  const { statements } = readStatements(Buffer.from(before, "latin1").toString());
  const last = new Map(statements.map(({ name, value }) => [name, value]));
  const added = Object.entries(variables)
    .filter(([name, value]) => last.get(name) !== value)
    .map(([name, value]) => write(statementOf(name, value, imageEnv[name])))
    .join("");
  if (added === "") return;
  const lines = before.replace(/[^\n]$/, "$&\n") + Buffer.from(added).toString("latin1");
  const whole = withLines(lines, { file: SOURCED_FILE, environment: environmentFile() });
  writeFileAtomic(file, Buffer.from(whole, "latin1"), (kept?.mode ?? 0o644) & 0o7777, kept);
}

function statementOf(name: string, value: string, given: string | undefined): Statement {
  const isOver = given !== undefined && given !== "" && given !== value;
  return { name, value, ...(isOver ? { over: fingerprint(given) } : {}) };
}

/** The environment of a build step's first process: ENV and ARG of the Dockerfile. Empty where it may not be read. */
function environmentOfBuild(): Record<string, string> {
  try {
    const pairs = readFileSync("/proc/1/environ", "utf8").split("\0");
    return Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
  } catch {
    return {};
  }
}
