import { dirname, join } from "node:path";
import { runtimePath } from "../../sys/runtime-directory.ts";
import { isRoot } from "../../sys/users.ts";
import type { Remote } from "./list.ts";

/** The folder of all caches, below the workspace. */
export const CACHES = "remote/.cache";

/** Where everything of one remote is. */
export interface RemoteLayout {
  remote: Remote;
  /** Ends in a slash. */
  workspace: string;
  /** The name of its program within the group `rclone_mount`. */
  program: string;
  /** Its name in `remote` and in `remote/.cache`. */
  folder: string;
  mountPoint: string;
  /** Writes wait here until they are uploaded. Shown in messages; all access goes through descriptors (cache.ts). */
  cache: string;
  /** rclone's remote control. */
  socket: string;
  /**
   * The paths on rclone's command line. For root they are bind mounts below /run: the owner of the workspace can rename
   * `remote` and `remote/.cache`, so a path through these folders leads root wherever that user likes.
   */
  given: { mountPoint: string; cache: string };
}

/** Names that the folder `remote` has a use of its own for. */
const taken = /^(\.{1,2}|\.cache|WARNING-.*)$/;

/** The layouts of all remotes; `workspace` ends in a slash. No two remotes share a name or a folder. */
export function layoutRemotes(remotes: Remote[], workspace: string): RemoteLayout[] {
  const programs = new Set<string>();
  const folders = new Set<string>();
  return remotes.map((remote) => {
    const folder = unused(taken.test(remote.name) ? `_${remote.name}` : remote.name, folders);
    const program = unused(remote.name.replaceAll(/[^\w.+@-]/g, "_"), programs);
    const mountPoint = `${workspace}remote/${folder}`;
    const cache = `${workspace}${CACHES}/${folder}`;
    const socket = socketOf(remote.name);
    const own = dirname(socket);
    const given = isRoot() ? { mountPoint: `${own}/mount`, cache: `${own}/cache` } : { mountPoint, cache };
    return { remote, workspace, program, folder, mountPoint, cache, socket, given };
  });
}

/** Where the rclone of a remote of that name listens. Its owner alone may enter, as rclone asks no password there. */
export function socketOf(name: string): string {
  // The address of a socket holds 107 bytes.
  const folder = new Bun.CryptoHasher("sha256").update(name).digest("hex").slice(0, 16);
  return join(runtimePath("rclone"), folder, "socket");
}

/** The directory of one remote below /run. */
export function runtimeDirectory({ socket }: RemoteLayout): string {
  return dirname(socket);
}

function unused(name: string, names: Set<string>): string {
  let result = name;
  for (let number = 2; names.has(result); number++) result = `${name}_${number}`;
  names.add(result);
  return result;
}
