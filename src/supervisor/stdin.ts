import { closeSync, writeSync } from "node:fs";
import { errnoOf } from "../errors.ts";
import { growPipe, pipe, setNonblocking } from "../sys/libc.ts";

/** One page: hardly any program reads its input, and the kernel limits what all pipes may hold together. */
const PIPE_BYTES = 4096;
/** Between two tries to write to a program that does not read. */
const FULL_WAIT_MILLISECONDS = 10;

/** A program's standard input: silent and open, as supervisord gives it, until someone writes to it. */
export interface Stdin {
  /** The end for the program. */
  read: number;
  /** Writes all of it, as the program reads. False when it was closed before that. */
  write(bytes: Uint8Array): Promise<boolean>;
  close(): void;
}

/** Makes the standard input of a program. Throws with an errno `code`. */
export function openStdin(): Stdin {
  const { read, write } = pipe();
  growPipe(write, PIPE_BYTES);
  setNonblocking(write);
  const state = { open: true };
  return {
    read,
    async write(bytes) {
      for (let written = 0; state.open && written < bytes.byteLength;) {
        try {
          written += writeSync(write, bytes, written);
        } catch (error) {
          if (errnoOf(error) !== "EAGAIN") return false;
          await Bun.sleep(FULL_WAIT_MILLISECONDS);
        }
      }
      return state.open;
    },
    close() {
      if (!state.open) return;
      state.open = false;
      closeSync(write);
    },
  };
}
