import type { Stats } from "node:fs";
import { isForeign } from "../../sys/fs.ts";
import { ROOT_HOME } from "../../sys/users.ts";
import { SHARED_GROUP } from "../account/groups.ts";
import { changeTree, type TreeChanges, type TreeRules, type Wanted } from "./tree.ts";

const SETUID_OR_SETGID = 0o6000;
/** Setgid, and all permissions of the group. */
const SHARED_DIRECTORY = 0o2070;
const STICKY = 0o1000;
const WRITABLE_BY_OTHERS = 0o022;

/** Below /opt, what root itself runs or trusts: whoever may write there is root before long, or opens ports to all. */
const ROOTS_OWN = ["ai-dock/bin", "ai-dock/etc", "ai-dock/storage_monitor", "caddy", "micromamba/bin", "nvm"];

export interface Fixed {
  what: string;
  changes: TreeChanges;
}

/**
 * Opens the apps of an image to the account: everything below `opt` gets the group ai-dock, and directories can be written
 * to by it, new entries inheriting the group. Modes of files stay.
 *
 * `COPY --chown=0:1111` gives that group, and the modes of a checkout, to every folder on the way. So what root runs or
 * reads itself, there and in `etc`, is closed to the group, and root's home goes back to root, for sshd trusts no key in a
 * home that others can write to. With `all` what root runs is opened, too: in the compat flavour, where the account may
 * become root anyway.
 */
export function fixContainer({
  all,
  opt = "/opt",
  etc = "/etc",
  home = ROOT_HOME,
}: ContainerOptions): Fixed[] {
  const { gid } = SHARED_GROUP;
  const own = all ? [] : ROOTS_OWN.map((name) => `${opt}/${name}`);
  const isOwn = (path: string) => own.some((name) => path === name || path.startsWith(`${name}/`));
  const holdsOwn = (path: string) => path === opt || own.some((name) => name.startsWith(`${path}/`));
  const closed = (info: Stats): Wanted => (info.gid === gid ? { mode: info.mode & ~WRITABLE_BY_OTHERS } : {});
  const back = (info: Stats): Wanted => (info.gid === gid ? { gid: 0 } : {});
  const trees: [path: string, rules: TreeRules][] = [
    [
      opt,
      {
        directory: (info, path) =>
          isOwn(path) ? closed(info) : shared(info, gid, holdsOwn(path) ? STICKY : 0),
        file: (info, path) => (isOwn(path) ? closed(info) : mayHaveGroup(info, gid) ? { gid } : undefined),
        link: () => ({ gid }),
      },
    ],
  ];
  if (!all) trees.push([etc, { directory: closed, file: closed }]);
  if (!isForeign(home)) trees.push([home, { directory: back, file: back, link: back }]);
  return trees.map(([what, rules]) => ({ what, changes: changeTree(what, rules) }));
}

export interface ContainerOptions {
  all: boolean;
  /** For tests. */
  opt?: string;
  etc?: string;
  home?: string;
}

const shared = ({ mode }: Stats, gid: number, more: number): Wanted => ({
  gid,
  mode: mode | SHARED_DIRECTORY | more,
});

/**
 * False for programs that lend their owner's rights, which a change of the group would end, and for a file with another
 * name, which may be outside of the tree, where the group could read or write more than everybody.
 */
function mayHaveGroup({ mode, nlink, gid }: Stats, wanted: number): boolean {
  if (gid === wanted || (mode & SETUID_OR_SETGID) !== 0) return false;
  const [ofGroup, ofOthers] = [(mode >> 3) & 7, mode & 7];
  return nlink === 1 || (ofGroup & ~ofOthers) === 0;
}

/**
 * Gives a workspace to its owner: entries of others get uid and gid, and directories can be written to by the group, new
 * entries inheriting it.
 */
export function fixWorkspace(path: string, { uid, gid }: { uid: number; gid: number }): Fixed[] {
  const owner = (info: Stats): Wanted => (info.uid === uid ? {} : { uid, gid });
  const changes = changeTree(path, {
    directory: (info) => ({ ...owner(info), mode: info.mode | 0o2020 }),
    file: owner,
    link: owner,
  });
  return [{ what: path, changes }];
}
