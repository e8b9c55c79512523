import { closeSync, constants, existsSync, fstatSync, openSync, readSync } from "node:fs";
import { basename, dirname } from "node:path";
import { inLogDirectory } from "../../logs/write/trusted-path.ts";
import { readTimes } from "../../logs/times.ts";
import { listLogs, logOf } from "../../logs/names.ts";
import { programId } from "../../programs/names.ts";
import type { ProgramSpec } from "../../programs/spec.ts";
import type { LogEntry } from "./protocol.ts";

const MOST_GENERATIONS = 1000;

/** A link in the place of a log is not followed, and a FIFO waits for nobody. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY | constants.O_NOFOLLOW;

/** A log that the portal may read. */
export interface LogPath {
  name: string;
  stream: "stdout" | "stderr";
  path: string;
}

/** The name of a log in `/logs`: that of its file in the directory of logs, else that of its program. */
export function logNameOf(directory: string, path: string, program: string): string {
  return (dirname(path) === directory ? logOf(directory, basename(path))?.name : undefined) ?? program;
}

/** All logs: those in the directory, and those of programs that write elsewhere. */
export function logPaths(directory: string, specs: ProgramSpec[]): LogPath[] {
  const elsewhere = specs.flatMap((spec) =>
    (["stdout", "stderr"] as const).flatMap((stream): LogPath[] => {
      const log: ProgramSpec["stderr"] = spec[stream];
      if (log === "stdout" || log.kind !== "file" || dirname(log.path) === directory) return [];
      return existsSync(log.path) ? [{ name: programId(spec), stream, path: log.path }] : [];
    }),
  );
  return [...listLogs(directory), ...elsewhere];
}

/** A log with its generations, of which those that are missing are left out; `withTimes`: and when each was written. */
export function describeLog({ name, stream, path }: LogPath, withTimes: boolean): LogEntry {
  const generations: LogEntry["generations"] = [];
  const times = withTimes ? readTimes(path) : undefined;
  for (let index = 0, gaps = 0; index <= MOST_GENERATIONS && gaps < 2; index++) {
    using file = LogReader.open(path, index);
    // One number may be missing for a moment, in the middle of a rotation.
    if (file === undefined) gaps++;
    else {
      gaps = 0;
      const { size, ino: inode, mtimeMs: modified } = file.stat();
      const spans = (times?.get(inode) ?? []).map(({ from, offset }) => ({ from, offset }));
      generations.push({ index, size, inode, modified, spans });
    }
  }
  return { name, stream, generations };
}

/** An open generation of a log. */
export class LogReader implements Disposable {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Undefined where there is no regular file, or one that a link planted by others leads to. */
  static open(path: string, index: number): LogReader | undefined {
    const file = index === 0 ? path : `${path}.${index}`;
    if (!existsSync(dirname(file))) return undefined;
    let fd: number;
    try {
      fd = inLogDirectory(file, (place) => openSync(place, FLAGS));
    } catch {
      return undefined;
    }
    const reader = new LogReader(fd);
    if (fstatSync(fd).isFile()) return reader;
    reader[Symbol.dispose]();
    return undefined;
  }

  stat() {
    return fstatSync(this.#fd);
  }

  /** Reads from an offset on; the result is the part of `bytes` that was filled, less than all at the end of the file. */
  read(offset: number, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const wanted = Math.max(0, Math.min(bytes.byteLength, this.stat().size - offset));
    let got = 0;
    while (got < wanted) {
      const count = readSync(this.#fd, bytes, got, wanted - got, offset + got);
      if (count === 0) break;
      got += count;
    }
    return bytes.subarray(0, got);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
