import { AiDockError, errnoOf, messageOf } from "../../errors.ts";
import { DirectoryHandle } from "../../sys/directory-handle.ts";
import { formatBytes } from "../../sys/disk.ts";
import { isNetworkMount } from "../../sys/mounts.ts";
import { renameDirectory } from "../../sys/rename.ts";
import { setTimes, syncFileSystem } from "../../sys/sync-file.ts";
import { compareTrees } from "./compare.ts";
import { copyTree } from "./copy-tree.ts";
import { MARKER, markComplete } from "./marker.ts";
import { rightsOf, type Rights } from "./metadata.ts";
import { Progress } from "./progress.ts";
import { removeEntry } from "./remove-tree.ts";
import { NoRoomError, requireRoom, requireUnixFileSystem } from "./room.ts";
import { scanTree, type TreeSize } from "./scan.ts";
import { Staging } from "./staging.ts";

/** A copy that reads back differently is made again so often. */
const ROUNDS = 3;

/** Longer than a container that copies gives no sign of life, but for its largest writes. */
const LEASE_SECONDS = 60;

const FULL = new Set(["ENOSPC", "EDQUOT"]);

export interface Move {
  opt: DirectoryHandle;
  workspace: DirectoryHandle;
  name: string;
  /** The path of the workspace, with a slash at its end. */
  shown: string;
  say: (line: string) => void;
  patienceSeconds: number;
}

/**
 * Copies a directory of /opt to the volume: beside its place, file by file, so that a later boot goes on where this one
 * was killed; compared byte by byte; then renamed to its place at once. Returns the state of the original that was copied,
 * undefined where another container has moved the app meanwhile. Throws AiDockError with the reason where that cannot be.
 */
export function moveToVolume(move: Move): string | undefined {
  const { opt, workspace, name, shown, say } = move;
  using staging = Staging.open({ ...move, isShared: isNetworkMount(shown), leaseSeconds: LEASE_SECONDS });
  if (workspace.entry(name) !== undefined) return undefined;
  using source = opt.child(name);
  const size = scanTree(source, `/opt/${name}`);
  const rights = rightsOf(workspace.path, 1n);
  const progress = new Progress(say, () => staging.sign());
  try {
    rights.timeGrain = requireUnixFileSystem(staging.directory, shown);
    requireRoom(staging.directory, name, size, shown);
    using target = staging.directory.enter(name, 0o700);
    say(`${name}: ${size.files} files, ${formatBytes(size.bytes)} are copied to "${shown}${name}"`);
    const copied = copyAndCompare(source, target, { name, size, rights, progress, say });
    publish(move, source, target, copied, staging);
    return copied.state;
  } catch (error) {
    const isFull = FULL.has(errnoOf(error) ?? "");
    // Whatever fills the volume needs the room more than an unfinished copy.
    if (isFull || error instanceof NoRoomError) removeEntry(staging.directory, name);
    if (!isFull) throw explained(error, move);
    throw new AiDockError(`"${shown}" is full; what was copied is removed again`, { cause: error });
  } finally {
    if (rights.lost.size > 0)
      say(`${name}: the volume does not keep ${[...rights.lost].toSorted().join(", ")}`);
  }
}

interface Copy {
  name: string;
  size: TreeSize;
  rights: Rights;
  progress: Progress;
  say: (line: string) => void;
}

/** Returns what the original was like that the copy is the same as. */
function copyAndCompare(source: DirectoryHandle, target: DirectoryHandle, copy: Copy): TreeSize {
  const { name, rights, progress, say } = copy;
  let { size } = copy;
  for (let round = 1; ; round++) {
    progress.begin(`${name}: copied`, size);
    copyTree(source, target, { rights, progress, root: target, links: new Map() });
    const rate = progress.rate();
    syncFileSystem(target.path);
    progress.begin(`${name}: compared`, size);
    const wrong: Difference[] = [];
    const onDifference = (path: string, what: string) => wrong.push({ path, what });
    compareTrees(source, target, { rights, progress, onDifference });
    const { state } = size;
    size = scanTree(source, `/opt/${name}`);
    // Somebody who is logged in already may work in the directory.
    const isChanged = size.state !== state;
    if (wrong.length === 0 && !isChanged) {
      say(`${name}: copied with ${rate}/s, and compared`);
      return size;
    }
    const what = isChanged ? "something was changed meanwhile" : describe(wrong);
    if (round === ROUNDS) throw new AiDockError(`the copy is not the same as the original: ${what}`);
    say(`${name}: made again: ${what}`);
    for (const { path } of wrong) removeWrong(target, path);
  }
}

interface Difference {
  path: string;
  what: string;
}

function describe(wrong: Difference[]): string {
  const first = wrong.slice(0, 3).map(({ path, what }) => `${JSON.stringify(path)} ${what}`);
  return `${first.join(", ")}${wrong.length > 3 ? " …" : ""}`;
}

/** So that the next round copies the file, whatever its size and time say. */
function removeWrong(target: DirectoryHandle, path: string): void {
  const slash = path.indexOf("/");
  if (path === "" || slash === path.length - 1) return;
  if (slash === -1) {
    removeEntry(target, path);
    return;
  }
  if (target.entry(path.slice(0, slash))?.isDirectory() !== true) return;
  using below = target.child(path.slice(0, slash));
  removeWrong(below, path.slice(slash + 1));
}

/** One rename makes the copy appear in its place, with everything it has. */
function publish(
  { workspace, name, shown }: Move,
  source: DirectoryHandle,
  target: DirectoryHandle,
  { fingerprint }: TreeSize,
  staging: Staging,
): void {
  removeEntry(target, MARKER);
  markComplete(target, fingerprint);
  const { atimeNs, mtimeNs } = source.bigStat();
  setTimes(target.path, atimeNs, mtimeNs);
  syncFileSystem(target.path);
  const ino = target.bigStat().ino;
  staging.sign();
  renameDirectory(staging.directory.at(name), workspace.at(name));
  syncFileSystem(target.path);
  // Only the owner of the workspace could do that, and only to themselves.
  if (workspace.entry(name)?.ino !== ino) throw new AiDockError(`"${shown}${name}" was replaced by somebody`);
}

/** Paths by descriptors mean nothing to users. */
function explained(error: unknown, { name, shown }: Move): Error {
  if (error instanceof AiDockError) return error;
  const text = messageOf(error).replaceAll(/\/proc\/self\/fd\/\d+/g, "…");
  return new AiDockError(`${name} cannot be copied to "${shown}": ${text}`, { cause: error });
}
