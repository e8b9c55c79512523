import type { LogFile } from "../logs/write/log-file.ts";
import type { Run } from "./run.ts";

export interface LogFiles {
  stdout: LogFile | null;
  stderr: LogFile | null;
}

/** The log files of one program, over all its processes. */
export class ProgramOutput {
  readonly #files: LogFiles;
  #written: Promise<unknown> = Promise.resolve();

  constructor(files: LogFiles) {
    this.#files = files;
  }

  /** Closes the files once the output of `run` has ended, unless `isNeeded` says so: another process writes there. */
  follow(run: Run, isNeeded: () => boolean): void {
    this.#written = Promise.all([this.#written, this.#closeAfter(run, isNeeded)]);
  }

  /** Empties the files; rotated generations stay. */
  clear(): void {
    this.#files.stdout?.clear();
    this.#files.stderr?.clear();
  }

  /** Resolves when all output of ended processes is written. */
  async drained(): Promise<void> {
    await this.#written;
  }

  /** A program without a process needs no files open; whoever else writes there opens them again. */
  async #closeAfter(run: Run, isNeeded: () => boolean): Promise<void> {
    await Promise.all([run.output, run.exited]);
    if (isNeeded()) return;
    this.#files.stdout?.close();
    this.#files.stderr?.close();
  }
}
