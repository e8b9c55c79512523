import { constants, closeSync, fstatSync, openSync, readFileSync, rmSync } from "node:fs";
import { AiDockError, errnoOf, messageOf } from "../../errors.ts";
import { writeFileAtomic } from "../../sys/fs.ts";
import { HeldDirectory } from "../../sys/directory-handle.ts";

/** Whoever owns the workspace is meant to read what is written to it. */
const FILE_MODE = 0o644;

/**
 * Enters a directory that root makes in someone else's, `path` being what it is called. A link is not followed,
 * as it leads root wherever the owner likes. Throws AiDockError in one line.
 */
export function enterFolder(
  parent: HeldDirectory,
  name: string,
  path: string,
  mode?: number,
): HeldDirectory {
  try {
    return parent.enter(name, mode);
  } catch (error) {
    const link = parent.linkAt(name) === undefined ? undefined : "a link, which is not followed";
    const file = errnoOf(error) === "ENOTDIR" ? "a file" : undefined;
    const got =
      link ?? file ?? messageOf(error).replaceAll(parent.path, path.slice(0, path.lastIndexOf("/")));
    throw new AiDockError(`"${path}": expected a directory, got ${got}`, { cause: error });
  }
}

/** Makes a file say that text, or not be there. It replaces whatever stands there instead, links included. */
export function setFile(folder: HeldDirectory, name: string, text: string | undefined): void {
  const path = `${folder.path}/${name}`;
  if (text === undefined) rmSync(path, { force: true });
  else if (readPlain(path) !== text) writeFileAtomic(path, text, FILE_MODE);
}

/** The text of a file; undefined for links, and for pipes, which would never end. */
function readPlain(path: string): string | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    return fstatSync(fd).isFile() ? readFileSync(fd, "utf8") : undefined;
  } finally {
    closeSync(fd);
  }
}
