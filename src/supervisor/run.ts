import type { ContainerOutput } from "../logs/write/container.ts";
import type { LogFile } from "../logs/write/log-file.ts";
import type { Explanation, FactValue, ProgramSpec } from "../programs/spec.ts";
import type { ChildExit } from "../sys/children.ts";
import { launch } from "./launch.ts";
import { watchReady } from "./ready.ts";

/** What every process of a program gets. */
export interface RunContext {
  /** The boot environment. */
  env: Record<string, string>;
  /** Where clients of supervisord find this supervisor. */
  serverUrl: string;
  container: ContainerOutput | null;
  stdout: LogFile | null;
  stderr: LogFile | null;
}

export interface RunOptions extends RunContext {
  spec: ProgramSpec;
  /** Tells this program's processes from all others, double-forked ones included. */
  mark: number;
  onReady: (ready: boolean) => void;
  onNote: (note: string | null) => void;
  onFact: (name: string, value: FactValue) => void;
  onExit: (exit: ChildExit) => void;
}

/** How long a process that has ended may keep its last output to itself, through others that hold its pipe. */
const LAST_WORDS_MILLISECONDS = 200;

/** One process of a program, from its start to its end. */
export interface Run {
  readonly pid: number;
  /** Seconds since it was started. */
  uptime(): number;
  /** Resolves when the process has ended. */
  readonly exited: Promise<void>;
  /** Resolves when every writer of its output is gone and all of it is written. */
  readonly output: Promise<unknown>;
  writeStdin(bytes: Uint8Array): Promise<boolean>;
  /** Why it ended, where someone knows better than its exit code. */
  explain(exit: ChildExit): Promise<Explanation | undefined>;
}

/** Starts a program's process and whatever watches it. Throws AiDockError when it cannot be started. */
export function startRun({ spec, onReady, onNote, onFact, onExit, ...options }: RunOptions): Run {
  const over = new AbortController();
  const exited = Promise.withResolvers<void>();
  const started = performance.now();
  /** What it says after its end is about nobody. */
  const whileUp =
    <Values extends unknown[]>(tell: (...values: Values) => void) =>
    (...values: Values) => {
      if (!over.signal.aborted) tell(...values);
    };
  const observer = spec.observe?.({
    over: over.signal,
    ready: whileUp(onReady),
    note: whileUp(onNote),
    fact: whileUp(onFact),
  });
  const watchers = [observer, watchSpec(spec, options.env, over.signal, onReady)].flatMap(
    (watcher) => watcher?.onOutput ?? [],
  );
  try {
    const { pid, output, stdin } = launch({
      ...options,
      spec,
      ...(watchers.length === 0 ? {} : { onOutput: (chunk) => watchers.forEach((watch) => watch(chunk)) }),
      onExit(exit) {
        over.abort();
        stdin.close();
        exited.resolve();
        onExit(exit);
      },
    });
    return {
      pid,
      uptime: () => (performance.now() - started) / 1000,
      exited: exited.promise,
      output,
      writeStdin: (bytes) => stdin.write(bytes),
      async explain(exit) {
        if (observer?.explain === undefined) return undefined;
        await Promise.race([output, Bun.sleep(LAST_WORDS_MILLISECONDS)]);
        return observer.explain(exit);
      },
    };
  } catch (error) {
    over.abort();
    throw error;
  }
}

function watchSpec(
  { ready }: ProgramSpec,
  env: Record<string, string>,
  over: AbortSignal,
  onReady: (ready: boolean) => void,
) {
  if (ready === undefined || ready.kind === "observed") return undefined;
  return watchReady(ready, env, over, () => onReady(true));
}
