import { constants, fstatSync, openSync, writeSync } from "node:fs";
import { errnoOf } from "../../errors.ts";
import { growPipe, isTerminal } from "../../sys/libc.ts";

/** What a larger pipe buys: fewer wake-ups of both sides. The kernel's limit for everyone is 1 MiB. */
const PIPE_BYTES = 1024 * 1024;
/** A blocking pipe that is ready takes this much without blocking (PIPE_BUF). */
const SAFE_BYTES = 4096;

/** A file descriptor that never blocks. */
export interface Outlet {
  /** How many of the bytes were taken; 0 when there is no room now. Throws when nobody reads any more. */
  write(bytes: Uint8Array): number;
}

/**
 * Opens an output for writing without blocking. A pipe or terminal is opened anew, because O_NONBLOCK on
 * `fd` itself would hold for everyone who shares it.
 */
export function openOutlet(fd: number): Outlet {
  const stat = fstatSync(fd);
  const terminal = isTerminal(fd);
  if (stat.isFile() || (stat.isCharacterDevice() && !terminal)) return directOutlet(fd);
  if (stat.isFIFO() || terminal) {
    const { O_APPEND, O_NOCTTY, O_NONBLOCK, O_WRONLY } = constants;
    try {
      const own = openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_APPEND | O_NOCTTY);
      if (!terminal) growPipe(own, PIPE_BYTES);
      return directOutlet(own);
    } catch {
      // Not ours to open (another user's pipe, no /proc): the descriptor itself must do.
    }
  }
  return sinkOutlet(fd);
}

function directOutlet(fd: number): Outlet {
  return {
    write(bytes) {
      try {
        return writeSync(fd, bytes);
      } catch (error) {
        if (errnoOf(error) === "EAGAIN") return 0;
        throw error;
      }
    },
  };
}

/** Sockets, and descriptors that only exist in blocking mode: Bun writes when they are ready. */
function sinkOutlet(fd: number): Outlet {
  let sink = Bun.file(fd).writer();
  let busy = false;
  let failure: unknown;
  return {
    write(bytes) {
      if (busy) return 0;
      if (failure !== undefined) {
        const error = failure;
        failure = undefined;
        // A sink that has failed takes everything and writes nothing.
        sink = Bun.file(fd).writer();
        throw error;
      }
      // The sink must own its bytes, for it may keep them.
      const piece = bytes.slice(0, SAFE_BYTES);
      busy = true;
      void (async () => {
        try {
          await sink.write(piece);
          await sink.flush();
        } catch (error) {
          failure = error;
        }
        busy = false;
      })();
      return piece.byteLength;
    },
  };
}
