import { mkdirSync, rmSync } from "node:fs";
import { errnoOf } from "../../errors.ts";
import { DirectoryHandle } from "../../sys/directory-handle.ts";
import { makeLink } from "./links.ts";
import type { Report } from "./report.ts";
import { openStorage, type Storage } from "./storage.ts";

const FOLDER_MODE = 0o775;

/** Links files that the image brings for the storage into it, where no other file has the name. */
export function linkBundled(storage: Storage, bundled: string, report: Report): void {
  using source = openStorage(bundled, bundled, true);
  if (source === undefined || source.location === storage.location) return;
  for (const { path, names, folder } of source.walk()) {
    const files = names.filter((name) => folder.entry(name)?.isFile() === true);
    if (files.length === 0) continue;
    try {
      using target = enterFolders(storage, path);
      const prefix = path === "" ? "" : `${path}/`;
      for (const name of files) linkOne(target, name, `${bundled}/${prefix}${name}`);
    } catch (error) {
      report.problem(
        `"${storage.path}/${path}": ${errnoOf(error) ?? "a link is on the way"}; files of the image are not linked there`,
      );
    }
  }
}

/** Another container may do the same at this moment. */
function linkOne(target: DirectoryHandle, name: string, file: string): void {
  const there = target.linkAt(name);
  if (there === file || (there === undefined && target.entry(name) !== undefined)) return;
  // Another image of the same volume has brought its own, which is not here.
  if (there !== undefined) {
    if (!there.startsWith(`${file.slice(0, file.lastIndexOf("/"))}/`)) return;
    rmSync(target.at(name), { force: true });
  }
  makeLink(file, target.at(name));
}

/** Folders of the storage, made where they are missing; follows no symlink. */
function enterFolders(storage: Storage, path: string): DirectoryHandle {
  const parts = path.split("/").filter((part) => part !== "");
  let directory = storage.folder("");
  for (const part of parts) {
    if (directory === undefined) break;
    const parent = directory;
    try {
      makeFolder(parent.at(part));
      directory = parent.child(part);
    } finally {
      parent[Symbol.dispose]();
    }
  }
  if (directory === undefined) throw new Error("The storage has gone");
  return directory;
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: FOLDER_MODE });
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
}
