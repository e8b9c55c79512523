import { basename, dirname } from "node:path";
import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from "node:fs";
import { DirectoryHandle } from "../../sys/directory-handle.ts";
import { writeFileAtomic } from "../../sys/fs.ts";
import { lookupGroup, lookupUser } from "../../sys/users.ts";
import { openTargetDirectory } from "../download/target.ts";
import { FinalError } from "../graph/outcome.ts";
import type { FileSpec } from "../manifest/schema.ts";
import type { ItemContext, Perform, Planner } from "./context.ts";

interface Wanted {
  bytes: Buffer;
  mode: number;
  owner: { uid: number; gid: number };
}

/** Writes a file whole or not at all, in a directory that is reached without following links of others. */
export const performFile: Perform<"file"> = async ({ spec }, context) => {
  using directory = openTargetDirectory(dirname(spec.path), context.ownerOf);
  const wanted = wantedOf(spec, directory, context);
  const path = `${directory.path}/${basename(spec.path)}`;
  if (isSame(path, wanted)) return { state: "unchanged" };
  writeFileAtomic(path, wanted.bytes, wanted.mode, wanted.owner);
  return { state: "done" };
};

export const planFile: Planner<"file"> = async ({ spec }, context) => {
  const place = dirname(spec.path);
  if (statSync(place, { throwIfNoEntry: false })?.isDirectory() !== true) return { action: "do" };
  using directory = DirectoryHandle.open(place);
  return { action: isSame(spec.path, wantedOf(spec, directory, context)) ? "unchanged" : "do" };
};

function wantedOf(spec: FileSpec, directory: DirectoryHandle, context: ItemContext): Wanted {
  const { content, permissions } = spec;
  return {
    bytes: Buffer.from(content),
    mode: Number.parseInt(permissions, 8),
    owner: ownerOf(spec, directory, context),
  };
}

/** Without a word on that, the user of PROVISIONING_USER in places of that user; else we. */
function ownerOf(
  { owner: given }: FileSpec,
  directory: DirectoryHandle,
  { user, ownerOf: usual }: ItemContext,
): Wanted["owner"] {
  const own = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  if (given === undefined || given === "") return (user === undefined ? undefined : usual(directory)) ?? own;
  const [name = "", group] = given.split(":");
  const account = lookupUser(name);
  if (account === undefined) throw new FinalError(`owner: expected a user of this container, got "${name}"`);
  if (group === undefined || group === "") return { uid: account.uid, gid: account.gid };
  const gid = lookupGroup(group);
  if (gid === undefined) throw new FinalError(`owner: expected a group of this container, got "${group}"`);
  return { uid: account.uid, gid };
}

function isSame(path: string, { bytes, mode, owner }: Wanted): boolean {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return false;
  }
  try {
    const info = fstatSync(file);
    const isLike = info.isFile() && info.size === bytes.length && (info.mode & 0o7777) === mode;
    return isLike && info.uid === owner.uid && info.gid === owner.gid && readFileSync(file).equals(bytes);
  } finally {
    closeSync(file);
  }
}
