import { AiDockError, messageOf } from "../../errors.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { listMounts } from "../../sys/mounts.ts";
import { compareTrees } from "./compare.ts";
import { compareNames } from "./compare-names.ts";
import { isHalfRemoved, replaceByLink, requireChangeable, tidy } from "./link.ts";
import { fingerprintOf, isComplete, markComplete, MARKER } from "./marker.ts";
import { rightsOf } from "./metadata.ts";
import { moveToVolume, type Move } from "./move.ts";
import type { Outcome } from "./outcome.ts";
import { Progress } from "./progress.ts";
import { changedSince, scanTree } from "./scan.ts";

/** Of what the volume makes of times, nothing is known here. */
const COARSEST_NANOSECONDS = 2_000_000_000n;

export interface Settling extends Move {
  /** The path of /opt, without a slash at its end. */
  place: string;
  /** Since when files of the container may have been changed, in milliseconds: older ones are the image's. */
  since: number;
}

/** Brings one directory of /opt to the volume, or says why it stays. Never throws. */
export function settle(settling: Settling): Outcome {
  const { name, opt } = settling;
  try {
    const { moved, note } = bring(settling);
    return { name, state: "volume", moved, reason: note ?? null };
  } catch (error) {
    const isWhole = opt.entry(name)?.isDirectory() === true && !isHalfRemoved(opt, name);
    const isAbsent = opt.entry(name) === undefined && !isHalfRemoved(opt, name);
    const state = isWhole ? "container" : isAbsent ? "absent" : "broken";
    return { name, state, moved: false, reason: reasonOf(error, settling) };
  }
}

const reasonOf = (error: unknown, { opt, workspace, place, shown }: Settling) =>
  messageOf(error).replaceAll(opt.path, place).replaceAll(`${workspace.path}/`, shown);

interface Brought {
  moved: boolean;
  note?: string | undefined;
}

function bring(settling: Settling): Brought {
  const { opt, workspace, name, shown, place } = settling;
  const target = `${shown}${name}`;
  const here = opt.entry(name);
  const there = workspace.entry(name);
  if (there !== undefined && !there.isDirectory())
    throw new AiDockError(`expected a directory or nothing at "${target}", got a link or a file`);
  if (here?.isSymbolicLink()) return bringLink(settling, there !== undefined);
  if (here !== undefined && !here.isDirectory())
    throw new AiDockError(`expected a directory at "${place}/${name}", got a file`);
  if (here !== undefined) requireNoMounts(`${place}/${name}`);
  const isHalf = isHalfRemoved(opt, name);
  if (here === undefined && !isHalf && !isCompleteAt(workspace, name))
    throw new AiDockError(`there is no directory "${place}/${name}"`);
  if (there === undefined) {
    if (here === undefined || isHalf)
      throw new AiDockError(
        `the container's "${place}/${name}" is given up, and "${target}" is gone: make a new container`,
      );
    requireChangeable(opt, name);
    const state = moveToVolume(settling);
    // Another container was faster.
    if (state === undefined) return bring(settling);
    replaceByLink(opt, name, target, (directory) => requireState(directory, state, settling));
    return { moved: true };
  }
  const note = here === undefined || isHalf ? undefined : requireUsable(settling);
  replaceByLink(opt, name, target, (directory) => requireUnchanged(directory, settling));
  return { moved: false, note };
}

function bringLink({ opt, workspace, name, shown, place }: Settling, isThere: boolean): Brought {
  const target = `${shown}${name}`;
  const leadsTo = opt.linkAt(name);
  if (leadsTo === target && isThere) {
    tidy(opt, name);
    return { moved: false };
  }
  if (leadsTo === target)
    throw new AiDockError(`"${place}/${name}" leads to "${target}", which is gone: make a new container`);
  using directory = isThere ? workspace.child(name) : undefined;
  // The image was made of a container with another workspace.
  if (directory === undefined || !isComplete(directory))
    throw new AiDockError(`"${place}/${name}" is a link to "${leadsTo}" already`);
  replaceByLink(opt, name, target, () => undefined);
  return { moved: false };
}

function isCompleteAt(workspace: DirectoryHandle, name: string): boolean {
  if (workspace.entry(name)?.isDirectory() !== true) return false;
  using directory = workspace.child(name);
  return isComplete(directory);
}

/** Never emptied, and never copied as part of the app: whose files are these? */
function requireNoMounts(path: string): void {
  const mount = listMounts().find(({ target }) => target === path || target.startsWith(`${path}/`));
  if (mount !== undefined) throw new AiDockError(`a volume is mounted at "${mount.target}"`);
}

/** Throws AiDockError where files of the container's directory have changed since they were copied. */
function requireState(directory: DirectoryHandle, state: string, { name, place, shown }: Settling): void {
  if (scanTree(directory, `${place}/${name}`).state !== state)
    throw new AiDockError(
      `"${place}/${name}" was changed while it was copied to "${shown}${name}": save what you need of "${place}/${name}", and make a new container`,
    );
}

/** Throws AiDockError where the container's directory has files that are neither the image's nor on the volume. */
function requireUnchanged(directory: DirectoryHandle, settling: Settling): void {
  const { workspace, name, place, shown, since } = settling;
  const changed = changedSince(directory, since);
  if (changed === undefined) return;
  using there = workspace.child(name);
  if (isSame(directory, there, workspace)) return;
  throw new AiDockError(
    `"${place}/${name}/${changed}" was changed while the app was in the container, and "${shown}${name}" is another copy: save what you need of "${place}/${name}", and make a new container`,
  );
}

/** True for a copy as a boot leaves it that is killed before it makes the link. */
function isSame(directory: DirectoryHandle, copy: DirectoryHandle, workspace: DirectoryHandle): boolean {
  let isDifferent = false;
  const onDifference = (path: string) => (isDifferent ||= path !== MARKER);
  const progress = new Progress(() => undefined);
  const rights = rightsOf(workspace.path, COARSEST_NANOSECONDS);
  compareTrees(directory, copy, { rights, progress, onDifference });
  return !isDifferent;
}

/** Throws AiDockError when the directory on the volume cannot stand in for the container's; else what is to be known about it. */
function requireUsable(settling: Settling): string | undefined {
  const { opt, workspace, name, shown, place } = settling;
  using here = opt.child(name);
  using there = workspace.child(name);
  const target = `${shown}${name}`;
  requireUnchanged(here, settling);
  const { fingerprint } = scanTree(here, `${place}/${name}`);
  if (!isComplete(there)) {
    const { missing, entries } = compareNames(here, there);
    if (missing > 0)
      throw new AiDockError(
        `${missing} of ${entries} entries of the app are missing in "${target}", which is a copy that was interrupted or a directory of your own: rename it, or touch "${target}/${MARKER}" to use it`,
      );
    markComplete(there, fingerprint);
    return `"${target}" was there already and has everything that the image has`;
  }
  return fingerprintOf(there) === fingerprint
    ? undefined
    : `"${target}" is of another version of the image, and is kept: rename it to get the one of this image`;
}
