import type { Logger } from "../../log.ts";
import { errnoOf, messageOf } from "../../errors.ts";
import { grantUser } from "../../sys/acl.ts";
import type { HeldDirectory } from "../../sys/directory-handle.ts";

const reasons: Record<string, string> = {
  ENOTSUP: "the file system has none",
  EOPNOTSUPP: "the file system has none",
  EPERM: "not permitted",
  EACCES: "not permitted",
  EROFS: "it is read-only",
};

export type Granted = "set" | "kept" | "failed";

/**
 * Gives the owner of the workspace access to what root creates in a directory of it, so that it stays theirs on
 * the host; `shown` is what it is called. What users put there is never walked.
 */
export function grantOwner(directory: HeldDirectory, shown: string, uid: number, log: Logger): Granted {
  try {
    return grantUser(directory.path, uid) ? "set" : "kept";
  } catch (error) {
    const reason = reasons[errnoOf(error) ?? ""] ?? messageOf(error).replaceAll(directory.path, shown);
    log.warn(
      `"${shown}": expected access control lists, but ${reason}; files of root may be closed to uid ${uid}`,
    );
    return "failed";
  }
}
