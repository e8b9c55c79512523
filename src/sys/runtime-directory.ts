import { accessSync, constants, lstatSync, readlinkSync } from "node:fs";
import { dirname } from "node:path";
import { errnoOf, messageOf } from "../errors.ts";
import { ownDirectory } from "./own-directory.ts";

/** The control socket; the directory that holds it is the one of this container's init. */
const SOCKET = "control.sock";

/**
 * Where the runtime directory may be, best first. /dev/shm is writable in memory even with a read-only root, but
 * containers of one IPC namespace share it: the name there holds the mount namespace, which no two of them share.
 */
function standardPlaces(): string[] {
  return ["/run/ai-dock", `/dev/shm/ai-dock-${mountNamespace()}`];
}

/** What init has made; every other process looks for it. */
let made: string | undefined;

/**
 * Makes the directory for files that live as long as this container: the first thing of a boot, before any of these
 * files is used. Returns one line for each thing that was wrong. Never throws.
 */
export function makeRuntimeDirectory(): string[] {
  const { path, problems } = claimFirst(standardPlaces());
  made = path;
  return problems;
}

/** Makes the first of some directories that can be ours and written to; the first one of all where none can. */
export function claimFirst(places: string[]): { path: string; problems: string[] } {
  const problems: string[] = [];
  const path = places.find((place) => {
    try {
      const owner = ownerOf(dirname(place));
      if (owner !== undefined && owner !== 0 && owner !== process.geteuid?.())
        throw new Error(
          `"${dirname(place)}" belongs to user ${owner}, who could replace our files in it; not used`,
        );
      problems.push(...ownDirectory(place));
      accessSync(place, constants.W_OK);
      return true;
    } catch (error) {
      // A read-only or missing parent is no surprise: the next place is there for it.
      if (errnoOf(error) === undefined) problems.push(messageOf(error));
      return false;
    }
  });
  return { path: path ?? places[0] ?? "", problems };
}

/** The path of a file in the runtime directory of this container. */
export function runtimePath(name: string): string {
  return `${made ?? findRuntimeDirectory()}/${name}`;
}

/** The control socket of this container; the file may be missing. */
export function controlSocket(): string {
  return runtimePath(SOCKET);
}

/** The directory that init has made. Neither a directory nor a socket of another user is trusted. */
function findRuntimeDirectory(): string {
  const places = standardPlaces();
  const trusted = new Set([0, process.geteuid?.(), ownerOf("/proc/1")]);
  const found = places.find((path) => {
    const owners = [ownerOf(path), ownerOf(`${path}/${SOCKET}`)];
    return owners.every((uid) => uid !== undefined && trusted.has(uid));
  });
  return found ?? places[0] ?? "";
}

/** Undefined where there is nothing, or nothing that may be looked at. */
function ownerOf(path: string): number | undefined {
  try {
    return lstatSync(path).uid;
  } catch {
    return undefined;
  }
}

/** True for a path in the memory that containers of one IPC namespace share. */
export function isInSharedMemory(path: string): boolean {
  return path.startsWith("/dev/shm/");
}

/** The inode number of our mount namespace (namespaces(7)). */
function mountNamespace(): string {
  return /\d+/.exec(readlinkSync("/proc/self/ns/mnt"))?.[0] ?? "";
}
