import { existsSync } from "node:fs";
import type { Logger } from "../../log.ts";
import { errnoOf, messageOf } from "../../errors.ts";
import { grantUser } from "../../sys/acl.ts";

const reasons: Record<string, string> = {
  ENOTSUP: "the file system has none",
  EOPNOTSUPP: "the file system has none",
  EPERM: "not permitted",
  EACCES: "not permitted",
  EROFS: "it is read-only",
};

/**
 * Gives the owner of the workspace access to what root creates in it, so that it stays theirs on the host.
 * Only the workspace itself and the directories made by us: what users put there is never walked.
 */
export function grantOwner(workspace: string, uid: number, log: Logger): "set" | "kept" | "failed" {
  let result: "set" | "kept" = "kept";
  for (const directory of [workspace, `${workspace}remote`].filter((path) => existsSync(path))) {
    try {
      if (grantUser(directory, uid)) result = "set";
    } catch (error) {
      const reason = reasons[errnoOf(error) ?? ""] ?? messageOf(error);
      log.warn(
        `"${directory}": expected access control lists, but ${reason}; files of root may be closed to uid ${uid}`,
      );
      return "failed";
    }
  }
  return result;
}
