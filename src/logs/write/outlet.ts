import { constants, fstatSync, openSync, writeSync } from "node:fs";
import { errnoOf } from "../../errors.ts";
import { isTerminal } from "../../sys/libc.ts";
import { resizePipe } from "../../sys/pipes.ts";

/** A larger pipe means fewer wake-ups of both sides. 1 MiB is the kernel's limit for unprivileged users. */
const PIPE_BYTES = 1024 * 1024;
/** A blocking pipe that polls as writable takes this much without blocking (PIPE_BUF). */
const SAFE_BYTES = 4096;

/** A file descriptor that never blocks. */
export interface Outlet {
  /** Returns how many bytes were taken; 0 on EAGAIN. Throws EPIPE when the reader is gone. */
  write(bytes: Uint8Array): number;
}

/**
 * Opens an output for writing without blocking. A pipe or terminal is reopened, because O_NONBLOCK on `fd` itself
 * would hold for every process that shares the open file description.
 */
export function openOutlet(fd: number): Outlet {
  const stat = fstatSync(fd);
  const terminal = isTerminal(fd);
  if (stat.isFile() || (stat.isCharacterDevice() && !terminal)) return directOutlet(fd);
  if (stat.isFIFO() || terminal) {
    const { O_APPEND, O_NOCTTY, O_NONBLOCK, O_WRONLY } = constants;
    try {
      const own = openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_APPEND | O_NOCTTY);
      if (!terminal) resizePipe(own, PIPE_BYTES);
      return directOutlet(own);
    } catch {
      // Reopening is refused (another user's pipe, no /proc): the descriptor itself has to do.
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

/** For sockets and for descriptors that can only be had in blocking mode: Bun writes when they poll as writable. */
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
        // A failed sink accepts bytes and drops them.
        sink = Bun.file(fd).writer();
        throw error;
      }
      // A copy: the sink may keep the bytes beyond this call.
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
