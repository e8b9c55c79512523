import { logger } from "../log.ts";
import type { Explanation, FactValue, ProgramSpec } from "../programs/spec.ts";
import { type ChildExit, sendSignal } from "../sys/children.ts";
import type { SupervisorContext } from "./context.ts";
import { launch, type LaunchListener, type Stdin } from "./launch.ts";
import { Observation } from "./observation.ts";
import type { ProgramOutput } from "./output.ts";
import type { ProcessTree } from "./process-tree.ts";

/** How long a process that has ended may keep its last output to itself, through others that hold its pipe. */
const LAST_WORDS_MILLISECONDS = 200;

const log = logger("supervisor");

/** What is told of one process. */
export interface RunOwner {
  /** The readiness has changed; not called after the end. */
  readyChanged(ready: boolean): void;
  exited(run: Run, exit: ChildExit, cpuSeconds: number): void;
}

export interface RunOptions {
  context: SupervisorContext;
  spec: ProgramSpec;
  output: ProgramOutput;
  tree: ProcessTree;
  owner: RunOwner;
}

/** One process of a program, from its start to its end. A thousand of them are kept: no closure or promise in each. */
export class Run implements LaunchListener {
  readonly pid: number;
  /** Sees every chunk of output, too; for who comes while the process runs. */
  onOutput: ((chunk: Uint8Array) => void) | undefined;
  readonly #started = performance.now();
  readonly #owner: RunOwner;
  readonly #output: ProgramOutput;
  readonly #observation: Observation | undefined;
  readonly #stdin: Stdin;
  #isOver = false;
  /** Pipes that have not come to their end. */
  #openPipes = 0;
  #written: PromiseWithResolvers<void> | undefined;

  /** Starts the process and whatever watches it. Throws AiDockError when the process cannot be started. */
  constructor({ context, spec, output, tree, owner }: RunOptions) {
    this.#owner = owner;
    this.#output = output;
    this.#observation = Observation.of(spec, context, (ready) => owner.readyChanged(ready));
    output.use();
    try {
      const { pid, stdin } = launch({
        context,
        spec,
        output,
        tree,
        listener: this,
      });
      this.pid = pid;
      this.#stdin = stdin;
    } catch (error) {
      this.#isOver = true;
      this.#observation?.end();
      this.#finishIfOver();
      throw error;
    }
  }

  /** Seconds since the process was started. */
  get uptime(): number {
    return (performance.now() - this.#started) / 1000;
  }

  /** How the process fares, in words; by its observer. */
  get note(): string | null {
    return this.#observation?.note ?? null;
  }

  /** What else its observer knows of the process. */
  get facts(): Readonly<Record<string, FactValue>> | undefined {
    return this.#observation?.facts;
  }

  /** Figures that its observer asks the process for; undefined where there are none to ask for. */
  measure(): Promise<Record<string, number>> | undefined {
    return this.#observation?.observer?.measure?.();
  }

  exited(exit: ChildExit, cpuSeconds: number): void {
    this.#isOver = true;
    this.#observation?.end();
    this.#stdin.close();
    // A successor that is started at once finds the files still open.
    this.#owner.exited(this, exit, cpuSeconds);
    this.#finishIfOver();
  }

  output(chunk: Uint8Array): void {
    this.#observation?.onOutput?.(chunk);
    this.onOutput?.(chunk);
  }

  outputBegan(): void {
    this.#openPipes++;
  }

  outputEnded(): void {
    this.#openPipes--;
    if (this.#openPipes === 0) this.#written?.resolve();
    this.#finishIfOver();
  }

  /** Sends a signal to the process, or with `group` to its process group. False when the process has ended. */
  signal(name: string, group: boolean): boolean {
    return !this.#isOver && sendSignal(group ? -this.pid : this.pid, name);
  }

  /** Writes to the standard input of the process. False when the process has ended or closed its input. */
  async writeStdin(bytes: Uint8Array): Promise<boolean> {
    return this.#stdin.write(bytes);
  }

  /** Why the process ended, where its observer knows better than the exit code. Never throws. */
  async explain(exit: ChildExit): Promise<Explanation | undefined> {
    const observer = this.#observation?.observer;
    if (observer?.explain === undefined) return undefined;
    if (observer.onOutput !== undefined && this.#openPipes > 0) {
      this.#written ??= Promise.withResolvers();
      await Promise.race([this.#written.promise, Bun.sleep(LAST_WORDS_MILLISECONDS)]);
    }
    try {
      return await observer.explain(exit);
    } catch (error) {
      log.error(`bug: ${error instanceof Error ? error.stack : String(error)}`);
      return undefined;
    }
  }

  /** The process has ended, every writer of its output is gone, and all output is written. */
  #finishIfOver(): void {
    if (this.#isOver && this.#openPipes === 0) this.#output.leave();
  }
}
