import { closeSync, constants, fstatSync, openSync, readdirSync, statSync, writeSync } from "node:fs";
import { errnoOf } from "../errors.ts";

/** Pseudo-terminals of this container. */
const DIRECTORY = "/dev/pts";
/** Their major numbers (UNIX98_PTY_SLAVE_MAJOR and the seven after it). */
const [FIRST_MAJOR, LAST_MAJOR] = [136, 143];

const FLAGS = constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/**
 * When something was last typed on each terminal, in milliseconds, by name. The kernel notes that in steps of 8 s, by
 * the time of day: only that the value has changed means something. Throws where the terminals cannot be listed.
 */
export function typedTimes(directory = DIRECTORY): Map<string, number> {
  const found = new Map<string, number>();
  for (const name of names(directory)) {
    // It may be gone by now.
    const stat = statSync(`${directory}/${name}`, { throwIfNoEntry: false });
    if (stat !== undefined) found.set(name, stat.atimeMs);
  }
  return found;
}

/** Writes a line to all terminals. One that is stopped or that nobody reads gets what it takes at once, or nothing. */
export function tellTerminals(line: string, directory = DIRECTORY): void {
  for (const name of names(directory)) tell(`${directory}/${name}`, `\r\n\u0007${line}\r\n`);
}

/** None where pseudo-terminals are not mounted: nobody can have one. */
function names(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => /^\d+$/.test(name));
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}

function tell(path: string, text: string): void {
  let fd: number;
  try {
    fd = openSync(path, FLAGS);
  } catch {
    return;
  }
  try {
    const { rdev, mode } = fstatSync(fd);
    const major = (rdev >> 8) & 0xfff;
    const isTerminal = (mode & constants.S_IFMT) === constants.S_IFCHR;
    if (isTerminal && major >= FIRST_MAJOR && major <= LAST_MAJOR) writeSync(fd, text);
  } catch {
    // EAGAIN of one that takes nothing; EIO of one that has just been hung up.
  } finally {
    closeSync(fd);
  }
}
