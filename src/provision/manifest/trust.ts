import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { errnoOf, messageOf } from "../../errors.ts";

/** Whose manifests are obeyed: they run commands with the rights of this process. */
export interface Trust {
  /** Users beside root and this one. */
  uids: readonly number[] | "all";
  /** On shares of some systems every file is open for all to write. */
  isOthersWritable?: boolean;
}

const MOST_BYTES = 8 * 1024 * 1024;
const OTHERS_WRITE = 0o002;

/**
 * The text of a manifest, or why its file is not obeyed; undefined where there is none. Who may write a manifest decides
 * what root does: the file must belong to a trusted user, and not be open for all to write.
 */
export function openTrusted(
  path: string,
  { uids, isOthersWritable = false }: Trust,
  followsLinks = true,
): { text: string } | { problem: string } | undefined {
  let file: number;
  try {
    // Not to wait for a FIFO's writer. Messages show what is in the file: a link could lead to a secret of root.
    file = openSync(
      path,
      constants.O_RDONLY | constants.O_NONBLOCK | (followsLinks ? 0 : constants.O_NOFOLLOW),
    );
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "")) return undefined;
    return { problem: `expected a readable file, got ${messageOf(error)}` };
  }
  try {
    const info = fstatSync(file);
    if (!info.isFile()) return { problem: "expected a file, got something else; not read" };
    if (info.size > MOST_BYTES)
      return { problem: `expected at most ${MOST_BYTES} bytes, got ${info.size}; not read` };
    if (uids !== "all" && ![0, process.geteuid?.(), ...uids].includes(info.uid))
      return {
        problem: `expected a file of root, got one of user ${info.uid}; not read (its commands would run as root)`,
      };
    if (!isOthersWritable && (info.mode & OTHERS_WRITE) !== 0)
      return {
        problem: `expected a file that not everybody can write, got mode ${(info.mode & 0o777).toString(8)}; not read`,
      };
    return { text: readFileSync(file, "utf8") };
  } finally {
    closeSync(file);
  }
}
