import { createHash } from "node:crypto";
import { findRuntimeDirectory } from "../../sys/runtime-directory.ts";
import type { Remote } from "./list.ts";

/** Of control sockets: their owner alone may enter, as rclone asks no password there. */
function socketDirectory(): string {
  return `${findRuntimeDirectory("control.sock")}/rclone`;
}

/** Where the caches of all remotes are, below the workspace. */
export const CACHES = "remote/.cache";

/** Where everything of one remote is. */
export interface Place {
  remote: Remote;
  /** The name of its program within the group `rclone_mount`. */
  program: string;
  mountPoint: string;
  /** What is written through the mount waits here until it is uploaded. */
  cache: string;
  /** rclone's remote control. */
  socket: string;
}

/** Names that the folder `remote` has a use of its own for. */
const taken = /^(\.{1,2}|\.cache|WARNING-.*)$/;

/** The places of all remotes; `workspace` ends in a slash. No two remotes share a name or a folder. */
export function placesOf(remotes: Remote[], workspace: string): Place[] {
  const programs = new Set<string>();
  const folders = new Set<string>();
  const sockets = socketDirectory();
  return remotes.map((remote) => {
    const folder = unused(taken.test(remote.name) ? `_${remote.name}` : remote.name, folders);
    const program = unused(remote.name.replaceAll(/[^\w.+@-]/g, "_"), programs);
    return {
      remote,
      program,
      mountPoint: `${workspace}remote/${folder}`,
      cache: `${workspace}${CACHES}/${folder}`,
      socket: `${sockets}/${createHash("sha256").update(remote.name).digest("hex").slice(0, 16)}.sock`,
    };
  });
}

function unused(name: string, names: Set<string>): string {
  let result = name;
  for (let number = 2; names.has(result); number++) result = `${name}_${number}`;
  names.add(result);
  return result;
}
