import { writeSync } from "node:fs";
import { errnoOf } from "../errors.ts";

const FULL_WAIT_MILLISECONDS = 5;

/** Writes bytes to standard output and waits for a slow reader, rather than keep a flood in memory. */
export function writeOut(bytes: Uint8Array): void {
  for (let written = 0; written < bytes.byteLength;) {
    try {
      written += writeSync(1, bytes, written);
    } catch (error) {
      if (errnoOf(error) !== "EAGAIN") throw error;
      Bun.sleepSync(FULL_WAIT_MILLISECONDS);
    }
  }
}
