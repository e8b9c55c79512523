import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync } from "node:fs";
import { messageOf } from "../../errors.ts";
import { DirectoryHandle } from "../../sys/directory-handle.ts";
import { listMounts } from "../../sys/mounts.ts";
import { isSilent } from "../../sys/silent-mounts.ts";
import { HOMES } from "./account.ts";
import type { Ids } from "./ids.ts";
import type { Entry } from "./lines.ts";
import { reown } from "./reown.ts";
import { copySkeleton } from "./skeleton.ts";

const MODE = 0o750;
const CLOSED = 0o700;

export interface HomeOptions {
  /** The uid that the account had at an earlier boot. */
  former?: number | undefined;
  warn: (message: string) => void;
  /** A prefix of all paths, and the mounts, for tests. */
  root?: string;
  mountinfo?: string;
}

/**
 * Makes the home directory of an account in /home, with what new accounts find in theirs. One that is there goes to the
 * account where it is root's, and empty or no mount; then and later nothing is changed in what the account owns itself,
 * nor in a directory of anybody else. Links are not followed. Never throws.
 */
export async function prepareHome(entry: Entry, options: HomeOptions): Promise<void> {
  const { root = "", warn } = options;
  const { name, home: shown, uid } = entry;
  // Another home is that of an account of the image or the host.
  if (shown !== `${HOMES}/${name}`) return;
  if (isSilent(shown))
    return warn(`"${shown}": expected an answer of its mount, got none; it stays as it is`);
  try {
    mkdirSync(`${root}${HOMES}`, { recursive: true, mode: 0o755 });
    using homes = DirectoryHandle.open(`${root}${HOMES}`);
    const found = lstatSync(`${homes.path}/${name}`, { throwIfNoEntry: false });
    if (found === undefined) mkdirSync(`${homes.path}/${name}`, { mode: CLOSED });
    else if (!found.isDirectory()) {
      const got = found.isSymbolicLink() ? "a link, which is not followed" : "a file";
      warn(`"${shown}": expected a directory, got ${got}; it stays as it is`);
      return;
    }
    using home = homes.child(name);
    const problem = await claim(home, found === undefined, entry, options);
    if (problem !== undefined)
      warn(`"${shown}": expected a directory of uid ${uid}, got ${problem}; it stays as it is`);
    else giveWays(home, waysToMounts(home, options.mountinfo), entry);
  } catch (error) {
    warn(`"${shown}": ${messageOf(error)}; the account has no home, unless /home is --tmpfs or a volume`);
  }
}

/** Gives the directory to the account where that is right; returns whose it is otherwise. */
async function claim(
  home: DirectoryHandle,
  isNew: boolean,
  entry: Entry,
  { root = "", former, mountinfo }: HomeOptions,
): Promise<string | undefined> {
  const { uid: owner } = home.stat();
  if (!isNew && owner === entry.uid) return undefined;
  const mounted = isOnMount(home, mountinfo);
  if (owner === 0 && (!mounted || isEmpty(home, waysToMounts(home, mountinfo)))) {
    copySkeleton(`${root}/etc/skel`, home, entry);
    if (isNew) chmodSync(home.path, MODE);
    // Last: until then only root writes in it.
    chownSync(home.path, entry.uid, entry.gid);
    return undefined;
  }
  if (owner !== former || mounted) return `${mounted ? "a mount" : "one"} of uid ${owner}`;
  await reown(home, former, entry);
  chownSync(home.path, entry.uid, entry.gid);
  return undefined;
}

/** True for what is not the container's own: on a mount at the directory, or above it (all of /home). */
function isOnMount({ location }: DirectoryHandle, mountinfo?: string): boolean {
  return listMounts(mountinfo).some(
    ({ target }) => target !== "/" && `${location}/`.startsWith(`${target}/`),
  );
}

/** The names on the way to each mount in a directory, the mount's own included. */
function waysToMounts({ location }: DirectoryHandle, mountinfo?: string): string[][] {
  return listMounts(mountinfo)
    .filter(({ target }) => target.startsWith(`${location}/`))
    .map(({ target }) => target.slice(location.length + 1).split("/"));
}

/** True for a directory that holds nothing but ways to mounts, which the container's engine has made for it. */
function isEmpty(directory: DirectoryHandle, ways: string[][]): boolean {
  return readdirSync(directory.path).every((name) => ways.some(([first]) => first === name));
}

/**
 * Gives the account the directories that lead to mounts in its home, such as `.cache` for one at `.cache/huggingface`:
 * container engines make them for root. The mounts themselves stay as they are.
 */
function giveWays(directory: DirectoryHandle, ways: string[][], { uid, gid }: Ids): void {
  const { dev } = directory.stat();
  for (const name of new Set(ways.filter(({ length }) => length > 1).map(([first = ""]) => first))) {
    using child = directory.child(name);
    const found = child.stat();
    if (found.dev !== dev) continue;
    const further = ways.filter(([first, ...rest]) => first === name && rest.length > 0);
    const below = further.map(([, ...rest]) => rest);
    // Root's files in root's directory stay root's, whatever name the account has given the directory.
    if (found.uid === 0 && isEmpty(child, below)) chownSync(child.path, uid, gid);
    giveWays(child, below, { uid, gid });
  }
}
