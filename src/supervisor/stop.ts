import { messageOf } from "../errors.ts";
import { logger } from "../log.ts";
import type { ProgramSpec } from "../programs/spec.ts";
import { type Event, isStopping, type State } from "./machine.ts";
import type { ProcessTree } from "./process-tree.ts";
import type { Run } from "./run.ts";

/** A longer timer would overflow, and fire at once. */
export const LONGEST_TIMER_SECONDS = (2 ** 31 - 1) / 1000;

/** What descendants get between their own signal and SIGKILL. */
const LEFTOVER_GRACE_SECONDS = 1;

/** What is kept of a stop's time for the signal itself, after `beforeStop`. */
const TERMINATION_SECONDS = 1;

/** After SIGKILL, until a process counts as hung; freeing much memory takes some of it. */
export const HANG_SECONDS = 10;

/** What `beforeStop` has after its abort, to say what it has not done. */
const LAST_WORD_SECONDS = 0.2;

const log = logger("supervisor");

export interface StopTarget {
  /** The program's name for the log. */
  id: string;
  spec: ProgramSpec;
  tree: ProcessTree;
  /** Between SIGKILL and the state HUNG. */
  hangSeconds: number;
  /** The process, or undefined when it has ended by itself. */
  run: Run | undefined;
  /** Enters the next state of the table; `reason` says in words what keeps the process there. */
  enter(this: void, event: Event, reason?: string): State;
}

/** One stop of a program: takes it through the phases of the table, from the request until nothing of it is left. */
export class Stop {
  /** Resolves in state STOPPED; also in HUNG, as waiting any longer is of no use. */
  readonly over: Promise<void>;
  /** The process has survived SIGKILL for a while. */
  hung = false;
  readonly #target: StopTarget;
  readonly #over = Promise.withResolvers<void>();
  readonly #gone = Promise.withResolvers<void>();
  #state: State;
  #timer: Timer | undefined;

  /** Begins at once. `waitSeconds` lie between the request and SIGKILL. */
  constructor(target: StopTarget, waitSeconds: number) {
    this.#target = target;
    this.over = this.#over.promise;
    this.#state = target.enter("stop");
    const phase = this.#state === "CLEARING" ? this.#clear() : this.#terminate(waitSeconds);
    phase.catch(this.#over.reject);
  }

  /** The process has ended: to be called before anyone else learns of that. */
  gone(): void {
    clearTimeout(this.#timer);
    this.#gone.resolve();
    this.#enter("gone");
    this.#clear().catch(this.#over.reject);
  }

  /** Sends SIGKILL now, with `group` to the process group. */
  kill(group = this.#target.spec.killasgroup): void {
    const { run, hangSeconds } = this.#target;
    if (this.#state === "CLEARING" || !isStopping(this.#state)) return;
    if (this.#state === "FINISHING" || this.#state === "TERMINATING") {
      clearTimeout(this.#timer);
      this.#enter("kill");
      this.#timer = setTimeout(() => this.#hang(), hangSeconds * 1000);
    }
    run?.signal("KILL", group);
  }

  #enter(event: Event, reason?: string): void {
    this.#state = this.#target.enter(event, reason);
  }

  async #terminate(waitSeconds: number): Promise<void> {
    const { id, spec, tree, run } = this.#target;
    const started = performance.now();
    if (spec.beforeStop !== undefined) {
      const seconds = Math.max(0, waitSeconds - TERMINATION_SECONDS);
      const late = Bun.sleep((seconds + LAST_WORD_SECONDS) * 1000);
      const finished = spec.beforeStop(AbortSignal.timeout(seconds * 1000)).catch((error: unknown) => {
        log.error(`${id}: what it does before a stop failed: ${messageOf(error)}`);
      });
      await Promise.race([finished, this.#gone.promise, late]);
    }
    const left = waitSeconds - (performance.now() - started) / 1000;
    // Before the signal: afterwards nobody could tell whose children they were.
    if (run !== undefined && spec.killMode === "control-group")
      await tree.noteDescendants(run.pid).catch((error: unknown) => {
        log.warn(`${id}: the processes below its own cannot be looked for: ${messageOf(error)}`);
      });
    if (this.#state !== "FINISHING") return;
    this.#enter("terminate");
    run?.signal(spec.stopsignal, spec.stopasgroup);
    const kill = () => {
      log.warn(`${id} did not stop within ${waitSeconds} s; killing it`);
      this.kill();
    };
    this.#timer = setTimeout(kill, Math.min(Math.max(0, left), LONGEST_TIMER_SECONDS) * 1000);
  }

  #hang(): void {
    const { id, run, hangSeconds } = this.#target;
    const reason = `process ${run?.pid} is still there ${hangSeconds} s after KILL`;
    log.error(`${id}: ${reason}`);
    this.hung = true;
    this.#enter("hang", reason);
    this.#over.resolve();
  }

  async #clear(): Promise<void> {
    try {
      await endLeftovers(this.#target);
    } finally {
      this.#enter("stopped");
    }
    this.#over.resolve();
  }
}

/** Ends what a program without a process has left, by its KillMode. */
export async function endLeftovers({
  id,
  spec,
  tree,
}: Pick<StopTarget, "id" | "spec" | "tree">): Promise<void> {
  if (spec.killMode !== "control-group") return;
  const left = await tree.end(spec.stopsignal, LEFTOVER_GRACE_SECONDS);
  if (left.length === 0) return;
  log.error(`${id} left processes that cannot be killed`, { pids: left.map((info) => info.pid).join(",") });
}
