import { readFileSync } from "node:fs";
import { writeFileAtomic } from "../fs.ts";
import { runtimePath } from "../runtime-directory.ts";
import type { Gpu } from "./types.ts";

/** The last error event of each GPU, by its PCI address: PID 1 writes the file, whoever reads GPUs reads it. */
export type LastEvents = Record<string, NonNullable<Gpu["xid"]>>;

const eventsFile = () => runtimePath("gpu-events.json");

/** Throws with an errno `code`. */
export function writeLastEvents(events: LastEvents, path = eventsFile()): void {
  writeFileAtomic(path, `${JSON.stringify(events)}\n`, 0o644);
}

/** None where nobody has written any. */
export function readLastEvents(path = eventsFile()): LastEvents {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as LastEvents;
  } catch {
    return {};
  }
}
