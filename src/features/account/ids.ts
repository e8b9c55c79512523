import type { AccountLines } from "../../sys/account-files.ts";
import { caddyUser, portalUser } from "../web/users.ts";
import { NOBODY } from "./account.ts";

/** The uid and gid of an account where the workspace is root's, as of the first account of any image. */
const FIRST = 1000;

/**
 * Groups that may read every password, file or byte of memory, or write what root runs (Debian gives /usr/local to staff);
 * nobody comes by them through a number of the host.
 */
export const POWERFUL_GROUPS = new Set("root shadow disk kmem sudo wheel adm staff docker lxd".split(" "));

export interface Ids {
  uid: number;
  gid: number;
}

/** What an account gets, and why it is not what the workspace says. */
export interface ChosenIds extends Ids {
  problem?: string;
}

/**
 * The uid and gid of an account: those of the workspace, unless that is root's; else those it has already, else 1000. Not
 * the uid of a user whose processes and sockets are to be closed to the account.
 */
export function chooseIds(
  workspace: Ids,
  current: Ids | undefined,
  passwd: AccountLines,
  group: AccountLines,
): ChosenIds {
  const { uid = FIRST, gid = FIRST } = current ?? {};
  const problem = refusal(workspace.uid, passwd);
  const usable = problem === undefined && workspace.uid !== 0 ? workspace.uid : uid;
  const chosen = { uid: usable, gid: isOpenGroup(workspace.gid, group) ? workspace.gid : gid };
  return problem === undefined ? chosen : { ...chosen, problem };
}

function refusal(uid: number, passwd: AccountLines): string | undefined {
  const sshd = passwd.find(([name]) => name === "sshd")?.[2];
  if (uid === NOBODY) return "nobody";
  if (String(uid) === sshd) return "the user of sshd";
  if (uid === caddyUser().uid || uid === portalUser().uid)
    return uid === 0 ? undefined : "a user of the portal";
  return undefined;
}

function isOpenGroup(gid: number, group: AccountLines): boolean {
  if (gid === 0 || gid === NOBODY) return false;
  return !group.some(([name = "", , id]) => id === String(gid) && POWERFUL_GROUPS.has(name));
}
