import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { errnoOf } from "../../errors.ts";
import { DirectoryHandle } from "../../sys/directory-handle.ts";
import type { Account } from "../../sys/users.ts";
import { accountOf } from "../account/account.ts";
import { SHARED_GROUP } from "../account/groups.ts";
import type { Step } from "../step.ts";
import { PORTS_DIRECTORY } from "../web/announcements.ts";

const MODE_BITS = 0o7777;
const WRITABLE_BY_OTHERS = 0o022;

/** The group may add files and remove its own, not those of root: sticky. New files have the group, too: setgid. */
const SHARED_MODE = 0o3770;

/**
 * Makes the directory of announcements, which hooks and programs of such images expect, and lets the account write to it.
 * One that an image has opened to others keeps its owner and mode. Nothing in it is trusted.
 */
export function makePortsDirectory(
  account: Pick<Account, "gid" | "groups"> | undefined,
  path = PORTS_DIRECTORY,
): void {
  try {
    mkdirSync(path, 0o755);
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
  if (account === undefined) return;
  using parent = DirectoryHandle.open(dirname(path));
  using directory = parent.child(basename(path));
  const { uid, mode } = directory.stat();
  const isOurs = (mode & MODE_BITS) === SHARED_MODE || (mode & WRITABLE_BY_OTHERS) === 0;
  if (uid !== process.geteuid?.() || !isOurs) return;
  const gid = account.groups.includes(SHARED_GROUP.gid) ? SHARED_GROUP.gid : account.gid;
  chownSync(directory.path, uid, gid);
  chmodSync(directory.path, SHARED_MODE);
}

export const tunnelsStep: Step = {
  name: "tunnels",
  async run({ env, log }) {
    try {
      makePortsDirectory(accountOf(env));
    } catch (error) {
      // A read-only /run, or one of another user: nothing can be announced.
      log.debug(`"${PORTS_DIRECTORY}": ${String(error)}`);
    }
    return undefined;
  },
};
