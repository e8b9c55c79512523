import type { FactValue, Observer, ProgramSpec } from "../programs/spec.ts";
import type { SupervisorContext } from "./context.ts";
import { ProcessTree } from "./process-tree.ts";
import { watchReady } from "./ready.ts";

/** What watches one process: the observer of its program, and a probe of its readiness. */
export class Observation {
  note: string | null = null;
  readonly facts: Record<string, FactValue> = {};
  readonly observer: Observer | undefined;
  /** Sees every chunk of output; undefined when nobody wants to. */
  readonly onOutput: ((chunk: Uint8Array) => void) | undefined;
  readonly #over = new AbortController();

  /** Begins; undefined for a program that nothing watches. */
  static of(
    spec: ProgramSpec,
    context: SupervisorContext,
    onReady: (ready: boolean) => void,
  ): Observation | undefined {
    return spec.observe === undefined && spec.ready === undefined
      ? undefined
      : new Observation(spec, context, onReady);
  }

  private constructor(spec: ProgramSpec, context: SupervisorContext, onReady: (ready: boolean) => void) {
    const over = this.#over.signal;
    /** What is said after the end is about nobody. */
    const whileUp =
      <Values extends unknown[]>(tell: (...values: Values) => void) =>
      (...values: Values) => {
        if (!over.aborted) tell(...values);
      };
    const becomesReady = whileUp(onReady);
    this.observer = spec.observe?.({
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
        : watchReady(spec.ready, { context, spec, tree: new ProcessTree() }, over, () => becomesReady(true));
    const watchers = [this.observer, watch].flatMap((watcher) => watcher?.onOutput ?? []);
    this.onOutput = watchers.length === 0 ? undefined : (chunk) => watchers.forEach((see) => see(chunk));
  }

  /** The process has ended, or could not be started. */
  end(): void {
    this.#over.abort();
  }
}
