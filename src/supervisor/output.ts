import type { LogFile } from "../logs/write/log-file.ts";
import { OutputCounts } from "../logs/write/output-counts.ts";
import type { ProgramSpec } from "../programs/spec.ts";
import type { SupervisorContext } from "./context.ts";

/** The log files of one program and what has gone through them, over all its processes. */
export class ProgramOutput {
  readonly stdout: LogFile | null;
  readonly stderr: LogFile | null;
  readonly counts = { stdout: new OutputCounts(), stderr: new OutputCounts() };
  readonly #context: SupervisorContext;
  readonly #spec: ProgramSpec;
  /** Processes that run, or whose output has not ended. */
  #users = 0;
  #drained: PromiseWithResolvers<void> | undefined;

  constructor(context: SupervisorContext, spec: ProgramSpec) {
    this.#context = context;
    this.#spec = spec;
    this.stdout = context.logs.open(spec.stdout);
    this.stderr = spec.stderr === "stdout" ? null : context.logs.open(spec.stderr);
  }

  /** A process is about to write there. */
  use(): void {
    this.#users++;
  }

  /**
   * A process has ended and all its output is written. Closes the files after the last one; whoever else writes to the
   * same file opens it again.
   */
  leave(): void {
    this.#users--;
    if (this.#users > 0) return;
    this.stdout?.close();
    this.stderr?.close();
    this.#drained?.resolve();
    this.#drained = undefined;
  }

  /** Empties the files; rotated generations stay. */
  clear(): void {
    this.stdout?.clear();
    this.stderr?.clear();
  }

  /** Resolves when no process runs and all output is written. */
  async drained(): Promise<void> {
    if (this.#users === 0) return;
    this.#drained ??= Promise.withResolvers();
    await this.#drained.promise;
  }

  /** Gives the logs back once all output is written; the program is not needed any more. */
  async release(): Promise<void> {
    await this.drained();
    const { stdout, stderr } = this.#spec;
    this.#context.logs.release(stdout);
    if (stderr !== "stdout") this.#context.logs.release(stderr);
  }
}
