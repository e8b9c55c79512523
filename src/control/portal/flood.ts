import { readFileSync } from "node:fs";
import { errnoOf } from "../../errors.ts";
import { openDescriptors } from "../../sys/open-files.ts";

/** Five times what streams and requests of a portal of ours take. */
export const MOST_CONNECTIONS = 2500;

/** Between two looks. PID 1 wakes as often for the portal's events. */
export const LOOK_MILLISECONDS = 15_000;

/**
 * True where a unix socket that this process serves has more connections than that: Bun has no limit of its own, and each
 * takes one of our descriptors. True as well where none is left to look with.
 */
export function isFlooded(path: string, most: number): boolean {
  const open = openDescriptors();
  if (open > 0 && open <= most) return false;
  try {
    // A connection has the path of the socket that it came to.
    const ends = readFileSync("/proc/net/unix", "latin1").split("\n");
    return ends.filter((line) => line.endsWith(` ${path}`)).length > most;
  } catch (error) {
    return errnoOf(error) === "EMFILE" || errnoOf(error) === "ENFILE";
  }
}
