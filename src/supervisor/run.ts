import { logger } from "../log.ts";
import type { LogFile } from "../logs/write/log-file.ts";
import type { Explanation, FactValue, Observer, ProgramSpec } from "../programs/spec.ts";
import { type ChildExit, sendSignal } from "../sys/children.ts";
import type { SupervisorContext } from "./context.ts";
import { launch, type Launched } from "./launch.ts";
import type { ProcessTree } from "./process-tree.ts";
import { watchReady } from "./ready.ts";

/** How long a process that has ended may keep its last output to itself, through others that hold its pipe. */
const LAST_WORDS_MILLISECONDS = 200;

const log = logger("supervisor");

export interface RunOptions {
  context: SupervisorContext;
  spec: ProgramSpec;
  output: ProgramOutput;
  tree: ProcessTree;
  /** The readiness has changed; not called after the end. */
  onReady: (ready: boolean) => void;
  onExit: (exit: ChildExit) => void;
}

/** One process of a program, from its start to its end. */
export class Run {
  readonly pid: number;
  /** How the process fares, in words, and what else is known of it; by its observer. */
  note: string | null = null;
  readonly facts: Record<string, FactValue> = {};
  readonly #over = new AbortController();
  readonly #exited = Promise.withResolvers<void>();
  readonly #started = performance.now();
  readonly #observer: Observer | undefined;
  readonly #process: Launched;

  /** Starts the process and whatever watches it. Throws AiDockError when the process cannot be started. */
  constructor({ onReady, onExit, ...options }: RunOptions) {
    const { spec, context } = options;
    const over = this.#over.signal;
    /** What is said after the end is about nobody. */
    const whileUp =
      <Values extends unknown[]>(tell: (...values: Values) => void) =>
      (...values: Values) => {
        if (!over.aborted) tell(...values);
      };
    const becomesReady = whileUp(onReady);
    this.#observer = spec.observe?.({
      over,
      ready: becomesReady,
      note: whileUp((text) => {
        this.note = text;
      }),
      fact: whileUp((name, value) => {
        this.facts[name] = value;
      }),
    });
    const watch =
      spec.ready === undefined || spec.ready.kind === "observed"
        ? undefined
        : watchReady(spec.ready, context.env, over, () => becomesReady(true));
    const watchers = [this.#observer, watch].flatMap((watcher) => watcher?.onOutput ?? []);
    try {
      this.#process = launch({
        ...options,
        ...(watchers.length === 0 ? {} : { onOutput: (chunk) => watchers.forEach((see) => see(chunk)) }),
        onExit: (exit) => {
          this.#over.abort();
          this.#process.stdin.close();
          this.#exited.resolve();
          onExit(exit);
        },
      });
    } catch (error) {
      this.#over.abort();
      throw error;
    }
    this.pid = this.#process.pid;
  }

  /** Seconds since the process was started. */
  get uptime(): number {
    return (performance.now() - this.#started) / 1000;
  }

  /** Resolves when the process has ended, every writer of its output is gone, and all output is written. */
  async finished(): Promise<void> {
    await Promise.all([this.#exited.promise, this.#process.written]);
  }

  /** Sends a signal to the process, or with `group` to its process group. False when the process has ended. */
  signal(name: string, group: boolean): boolean {
    return !this.#over.signal.aborted && sendSignal(group ? -this.pid : this.pid, name);
  }

  /** Writes to the standard input of the process. False when the process has ended or closed its input. */
  async writeStdin(bytes: Uint8Array): Promise<boolean> {
    return this.#process.stdin.write(bytes);
  }

  /** Why the process ended, where its observer knows better than the exit code. Never throws. */
  async explain(exit: ChildExit): Promise<Explanation | undefined> {
    if (this.#observer?.explain === undefined) return undefined;
    if (this.#observer.onOutput !== undefined)
      await Promise.race([this.#process.written, Bun.sleep(LAST_WORDS_MILLISECONDS)]);
    try {
      return await this.#observer.explain(exit);
    } catch (error) {
      log.error(`bug: ${error instanceof Error ? error.stack : String(error)}`);
      return undefined;
    }
  }
}

/** The log files of one program, over all its processes. */
export class ProgramOutput {
  readonly stdout: LogFile | null;
  readonly stderr: LogFile | null;
  readonly #context: SupervisorContext;
  readonly #spec: ProgramSpec;
  #written: Promise<unknown> = Promise.resolve();

  constructor(context: SupervisorContext, spec: ProgramSpec) {
    this.#context = context;
    this.#spec = spec;
    this.stdout = context.logs.open(spec.stdout);
    this.stderr = spec.stderr === "stdout" ? null : context.logs.open(spec.stderr);
  }

  /**
   * Closes the files once the output of `run` has ended, unless `isNeeded` says so: another process writes there. Whoever
   * else writes to the same file opens it again.
   */
  follow(run: Run, isNeeded: () => boolean): void {
    const close = async () => {
      await run.finished();
      if (isNeeded()) return;
      this.stdout?.close();
      this.stderr?.close();
    };
    this.#written = Promise.all([this.#written, close()]);
  }

  /** Empties the files; rotated generations stay. */
  clear(): void {
    this.stdout?.clear();
    this.stderr?.clear();
  }

  /** Resolves when all output of ended processes is written. */
  async drained(): Promise<void> {
    await this.#written;
  }

  /** Gives the logs back once all output is written; the program is not needed any more. */
  async release(): Promise<void> {
    await this.drained();
    const { stdout, stderr } = this.#spec;
    this.#context.logs.release(stdout);
    if (stderr !== "stdout") this.#context.logs.release(stderr);
  }
}
