import { existsSync, lstatSync, mkdirSync } from "node:fs";
import { AiDockError, errnoOf } from "../../errors.ts";
import { DirectoryHandle } from "../../sys/directory-handle.ts";
import { isRoot } from "../../sys/users.ts";

/** The kernel follows as many symlinks in one path. */
const MAX_SYMLINKS = 40;

const WRITABLE_BY_OTHERS = 0o002;
const MODE = 0o775;

/** /opt/APP: the part of a path that the image, a clone or OPT_SYNC brings. A folder in place of it would be in their way. */
const APP_PARTS = 2;

/** True when the app that a folder belongs to is there. */
export function isAppThere(path: string): boolean {
  const parts = partsOf(path);
  return existsSync(`/${parts.slice(0, Math.min(APP_PARTS, parts.length - 1)).join("/")}`);
}

/**
 * Opens a folder of an app, and makes it where the app has none yet. Undefined without `make` where it is not there, and
 * where a link to a folder of the storage, which has the files already, stands in for it.
 * As root, a symlink is followed only where nobody else can have made the symlink: the owner of the workspace, in which
 * apps live with OPT_SYNC, must not choose where root makes links. Throws AiDockError for such a link, and with an
 * errno `code`.
 */
export function openAppFolder(path: string, make: boolean, storage: string): DirectoryHandle | undefined {
  let directory = DirectoryHandle.open("/");
  let links = 0;
  const rest = partsOf(path);
  try {
    for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
      const target = directory.linkAt(part);
      if (target?.startsWith(`${storage}/`)) {
        directory[Symbol.dispose]();
        return undefined;
      }
      if (target !== undefined) {
        requireTrusted(directory, part, path);
        if (++links > MAX_SYMLINKS)
          throw new AiDockError(`"${path}": expected a folder, got a circle of links`);
        rest.unshift(...target.split("/").filter((one) => one !== "" && one !== "."));
        if (target.startsWith("/")) directory = stepInto(directory, DirectoryHandle.open("/"));
        continue;
      }
      const child = childOf(directory, part, make, path);
      if (child === undefined) {
        directory[Symbol.dispose]();
        return undefined;
      }
      directory = stepInto(directory, child);
    }
    return directory;
  } catch (error) {
    directory[Symbol.dispose]();
    throw error;
  }
}

const partsOf = (path: string) => path.split("/").filter((part) => part !== "");

function stepInto(from: DirectoryHandle, to: DirectoryHandle): DirectoryHandle {
  from[Symbol.dispose]();
  return to;
}

function childOf(directory: DirectoryHandle, part: string, make: boolean, path: string) {
  try {
    return directory.child(part);
  } catch (error) {
    if (errnoOf(error) === "ENOTDIR") throw new AiDockError(`"${path}": expected a folder, got a file`);
    if (errnoOf(error) !== "ENOENT") throw error;
    if (!make) return undefined;
    makeFolder(directory.at(part));
    return directory.child(part);
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: MODE });
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
}

function requireTrusted(directory: DirectoryHandle, name: string, path: string): void {
  if (!isRoot()) return;
  const { uid, mode } = directory.stat();
  const link = lstatSync(directory.at(name));
  if (uid === 0 && link.uid === 0 && (mode & WRITABLE_BY_OTHERS) === 0) return;
  throw new AiDockError(
    `"${path}": expected a folder, got a link at "${directory.location}/${name}", which root does not follow`,
  );
}
