import { accessSync, statSync } from "node:fs";
import { AiDockError } from "../errors.ts";
import { isNetworkMount } from "./mounts.ts";
import { type Account, lookupUser } from "./users.ts";

/** Of util-linux; becomes the command behind it. */
const SETPRIV = "/usr/bin/setpriv";

/**
 * The words in front of a command that make it run as `user`, with every group that `id -G` lists;
 * none when we are that user already. Throws AiDockError when the user is unknown or may not be taken on.
 */
export function asUser(user: string | undefined): string[] {
  if (user === undefined) return [];
  const account = lookupUser(user);
  if (account === undefined) throw new AiDockError(`can't find user '${user}'`);
  if (account.uid === process.getuid?.()) return [];
  if (process.getuid?.() !== 0) throw new AiDockError(`can't switch to user '${user}': not running as root`);
  try {
    accessSync(SETPRIV);
  } catch {
    throw new AiDockError(`can't switch to user '${user}': ${SETPRIV} (util-linux) is not there`);
  }
  const groups = account.groups.length === 0 ? "--clear-groups" : `--groups=${account.groups.join(",")}`;
  return [SETPRIV, `--reuid=${account.uid}`, `--regid=${account.gid}`, groups, "--"];
}

/** The variables that a login of that user sets, and its home to begin in where that is one. */
export function sessionOf({ name, home, shell }: Account): { env: Record<string, string>; cwd?: string } {
  const env = { HOME: home, USER: name, LOGNAME: name, SHELL: shell };
  const isThere = !isNetworkMount(home) && statSync(home, { throwIfNoEntry: false })?.isDirectory() === true;
  return { env, ...(isThere ? { cwd: home } : {}) };
}
