import { closeSync, openSync } from "node:fs";
import { openFilesLimit } from "./libc.ts";

/** With a larger limit, others run out of everything else first. */
const SMALL_LIMIT = 65_536;

/**
 * Makes sure that so many file descriptors are free. A spawn that runs out of them in its middle would leave
 * a process that nobody knows of. Throws with the errno `code` EMFILE.
 */
export function requireDescriptors(count: number): void {
  if (openFilesLimit() > SMALL_LIMIT) return;
  const opened: number[] = [];
  try {
    while (opened.length < count) opened.push(openSync("/dev/null", "r"));
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}
