import { chmodSync, chownSync, closeSync, openSync, statfsSync, symlinkSync } from "node:fs";
import { AiDockError, errnoOf, messageOf } from "../../errors.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { formatBytes } from "../../sys/disk.ts";
import { setTimes } from "../../sys/sync-file.ts";
import { isMapped } from "../../sys/users.ts";
import { isSameTime } from "./metadata.ts";
import { removeEntry } from "./remove-tree.ts";
import { scanTree, type TreeSize } from "./scan.ts";

/** What stays free for everything else on the volume. */
const SPARE_BYTES = 16 * 1024 ** 2;

/** The volume has no room for the rest of a copy. */
export class NoRoomError extends AiDockError {}

/** Throws NoRoomError where a volume has not the bytes, or not the inodes, for what is still to be copied. */
export function requireRoom(staging: DirectoryHandle, name: string, size: TreeSize, shown: string): void {
  const there = sizeOf(staging, name, shown);
  const { bavail, blocks, bsize, ffree, files } = statfsSync(staging.path);
  const [free, needed] = [bavail * bsize, Math.max(0, size.room - there.room) + SPARE_BYTES];
  // Some file systems tell no sizes, or have no fixed number of inodes, and say 0 of 0.
  if (blocks > 0 && free < needed)
    throw new NoRoomError(`${formatBytes(needed)} are needed in "${shown}", ${formatBytes(free)} are free`);
  const entries = size.entries - there.entries;
  if (files > 0 && ffree < entries)
    throw new NoRoomError(`${entries} inodes are needed in "${shown}", ${ffree} are free`);
}

function sizeOf(staging: DirectoryHandle, name: string, shown: string): Pick<TreeSize, "room" | "entries"> {
  if (staging.entry(name)?.isDirectory() !== true) return { room: 0, entries: 0 };
  using directory = staging.child(name);
  return scanTree(directory, shown);
}

const PROBE = "probe";
/** What no file system gives to files of its own accord. */
const ODD = { mode: 0o4750, time: 1_234_567_891_987_654_321n };
/** Owners, of which a user namespace may have the last one only. */
const ODD_IDS = [12_345, 321, 0];

const oddId = (of: "uid" | "gid") => ODD_IDS.find((id) => isMapped(id, of)) ?? 0;

/** How coarse the times of file systems are, in nanoseconds: most are exact, Windows counts in 100 ns, others in seconds. */
const TIME_GRAINS = [1n, 1000n, 1_000_000n, 1_000_000_000n, 2_000_000_000n];

/**
 * Throws AiDockError where a file system does not keep what an app is made of, as exFAT, shares of Windows, or NFS with
 * root squashed. `staging` is a directory that nobody else can reach. Returns how coarse its times are, in nanoseconds.
 */
export function requireUnixFileSystem(staging: DirectoryHandle, shown: string): bigint {
  const found = tryOut(staging);
  if (typeof found === "bigint") return found;
  throw new AiDockError(`the file system of "${shown}" keeps no ${found}`);
}

function tryOut(staging: DirectoryHandle): string | bigint {
  removeEntry(staging, PROBE);
  const path = staging.at(PROBE);
  let what = "files";
  try {
    closeSync(openSync(path, "wx", 0o600));
    what = "owners (is root squashed there?)";
    const wanted = { uid: oddId("uid"), gid: oddId("gid") };
    chownSync(path, wanted.uid, wanted.gid);
    const { uid, gid } = staging.entry(PROBE) ?? {};
    if (uid !== BigInt(wanted.uid) || gid !== BigInt(wanted.gid)) return what;
    what = "modes";
    chmodSync(path, ODD.mode);
    if ((Number(staging.entry(PROBE)?.mode) & 0o7777) !== ODD.mode) return what;
    what = "times of files";
    setTimes(path, ODD.time, ODD.time);
    const time = staging.entry(PROBE)?.mtimeNs ?? 0n;
    const grain = TIME_GRAINS.find((one) => isSameTime(time, ODD.time, one));
    if (grain === undefined) return what;
    removeEntry(staging, PROBE);
    what = "symbolic links";
    symlinkSync("anywhere", path);
    return grain;
  } catch (error) {
    if (["ENOSPC", "EDQUOT", "EROFS", "EIO"].includes(errnoOf(error) ?? "")) throw error;
    return `${what} (${errnoOf(error) ?? messageOf(error)})`;
  } finally {
    removeEntry(staging, PROBE);
  }
}
