import { writeSync } from "node:fs";
import { AiDockError } from "../../errors.ts";
import { printable } from "../../log.ts";
import { isRoot } from "../../sys/users.ts";
import { linkBundled } from "./bundled.ts";
import { Linker } from "./linker.ts";
import { readMappings } from "./mappings.ts";
import { Monitor } from "./monitor.ts";
import { BUNDLED, MAPPINGS, storageIn } from "./paths.ts";
import { Places } from "./places.ts";
import { Report } from "./report.ts";
import { openStorage, type Storage } from "./storage.ts";

export interface StorageOptions {
  /** With a slash at its end. */
  workspace: string;
  /** Link what is there, and end. */
  once: boolean;
  mappings?: string;
  bundled?: string;
}

/** Files that apps make are for their group, too. */
const UMASK = 0o002;

const ABSENT_MILLISECONDS = 5000;

const say = (line: string) => void writeSync(1, `${printable(line)}\n`);

/** The process `ai-dock storagemonitor`, which ends where nothing is to be linked. Throws AiDockError where that is a mistake. */
export async function storageProcess(options: StorageOptions): Promise<void> {
  process.umask(UMASK);
  const { workspace, once, mappings: path = MAPPINGS, bundled = BUNDLED } = options;
  const { mappings, problems } = await readMappings(path, workspace);
  for (const problem of problems) say(problem);
  if (mappings.length === 0) {
    if (problems.length > 0) throw new AiDockError(`"${path}": no folder of the storage is linked`);
    say(`"${path}" maps no folder of the storage: nothing to do`);
    return;
  }
  const places = new Places(mappings);
  for (let isTold = false; ;) {
    // Nothing that somebody else may have put there decides where root makes links.
    using storage = openStorage(storageIn(workspace), bundled, !isRoot());
    if (storage === undefined) {
      if (once) throw new AiDockError(`there is no folder "${storageIn(workspace)}"`);
      if (!isTold) say(`There is no folder "${storageIn(workspace)}"; waiting for one`);
      isTold = true;
      Bun.sleepSync(ABSENT_MILLISECONDS);
      continue;
    }
    isTold = false;
    if (once) {
      linkOnce(storage, places, bundled);
      return;
    }
    bundle(storage, bundled);
    using monitor = new Monitor({ storage, places, say });
    monitor.run();
  }
}

function linkOnce(storage: Storage, places: Places, bundled: string): void {
  const report = new Report();
  linkBundled(storage, bundled, report);
  new Linker({ storage, places, report }).linkAll();
  for (const line of report.lines(new Set(), 0)) say(line);
}

function bundle(storage: Storage, bundled: string): void {
  const report = new Report();
  linkBundled(storage, bundled, report);
  if (!report.isEmpty) for (const line of report.lines(new Set())) say(line);
}
