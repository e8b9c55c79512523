import { symlinkSync, unlinkSync } from "node:fs";
import { errnoOf } from "../../errors.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import type { Places } from "./places.ts";
import type { Storage, StorageLook } from "./storage.ts";

export type LinkChange = "made" | "removed" | "taken" | "kept";

/** A place in an app, and what tells what belongs there. */
export interface LinkPlace {
  /** The path of the folder. */
  path: string;
  name: string;
  places: Places;
  storage: Storage;
  /** What the storage has. */
  look: StorageLook;
}

/**
 * Makes one place in an app as it should be: a link to the first file of the storage that belongs there. A link of ours
 * is replaced or removed; whatever else has that name is its user's. Throws with an errno `code`.
 */
export function settleLink(
  folder: DirectoryHandle,
  { path, name, places, storage, look }: LinkPlace,
): LinkChange {
  const files = places.filesFor(`${path}/${name}`);
  const wanted = files.find((file) => look.has(file));
  const target = wanted === undefined ? undefined : storage.pathOf(wanted);
  const entry = folder.entry(name);
  const there = entry?.isSymbolicLink() ? folder.linkAt(name) : undefined;
  if (there !== undefined && there === target) return "kept";
  const isOurs = there !== undefined && files.some((file) => storage.pathOf(file) === there);
  if (entry !== undefined && !isOurs) return target === undefined ? "kept" : "taken";
  if (isOurs) unlinkSync(folder.at(name));
  if (target === undefined) return isOurs ? "removed" : "kept";
  return makeLink(target, folder.at(name)) ? "made" : "taken";
}

/** False where somebody has just made something of that name. */
export function makeLink(target: string, path: string): boolean {
  try {
    symlinkSync(target, path);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}
