import { constants } from "node:os";
import { logger } from "../../log.ts";
import type { AliveSpec, ProgramSpec } from "../../programs/spec.ts";
import { signalNumber } from "../../sys/children.ts";
import { readProcess } from "../../sys/proc.ts";
import type { Hang } from "../conclusion.ts";
import type { SupervisorContext } from "../context.ts";
import { LineFinder } from "../line-finder.ts";
import { ProcessTree } from "../process-tree.ts";
import type { Run } from "../run.ts";
import { check, type Question } from "./check.ts";
import { Findings } from "./findings.ts";
import { ownTime } from "./own-time.ts";
import type { Verdict } from "./verdict.ts";

const log = logger("supervisor");

/** Into so many parts the interval of a log pattern is divided to find out whether this process has run all the time. */
const LOG_SLICES = 4;

const { SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU } = constants.signals;
const STOPPING = new Set<number>([SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU]);

/** The program that is checked. */
export interface LivenessOwner {
  readonly id: string;
  readonly spec: ProgramSpec;
  hangs(hang: Hang): void;
}

/** Checks again and again whether a program does its work, never twice at once, and says when it hangs. */
export class Liveness {
  readonly findings = new Findings();
  readonly #owner: LivenessOwner;
  readonly #context: SupervisorContext;
  /** Of what checks start. */
  readonly #tree = new ProcessTree();
  #alive: AliveSpec | undefined;
  #run: Run | undefined;
  #over: AbortController | undefined;
  /** A check that is under way, or whose process does not end. */
  #asking: Promise<unknown> | undefined;
  #isStopped = false;

  constructor(owner: LivenessOwner, context: SupervisorContext) {
    this.#owner = owner;
    this.#context = context;
  }

  /** Checks this process from now on, in this way; undefined ends that, and a check that is under way at once. */
  follow(run: Run | undefined, alive: AliveSpec | undefined): void {
    if (run === this.#run && alive === this.#alive) return;
    this.#over?.abort();
    if (this.#run !== undefined) this.#run.onOutput = undefined;
    this.#run = run;
    this.#alive = alive;
    this.#isStopped = false;
    this.findings.begin(alive?.failures ?? 0);
    if (run === undefined || alive === undefined) return;
    this.#over = new AbortController();
    void this.#watch(run, alive, this.#over.signal);
  }

  /** Someone has sent the program a signal, by name: one that stops it is no hang. */
  signalled(name: string): void {
    const number = signalNumber(name) ?? 0;
    if (STOPPING.has(number)) this.#isStopped = true;
    else if (number === constants.signals.SIGCONT) this.#isStopped = false;
  }

  async #watch(run: Run, alive: AliveSpec, signal: AbortSignal): Promise<void> {
    const { probe } = alive;
    const next =
      probe.kind === "log"
        ? lineVerdicts(run, probe.pattern, alive.interval, signal)
        : () => this.#ask(probe, run, alive, signal);
    let soundSeconds = 0;
    for (;;) {
      const verdict = await next();
      if (signal.aborted) return;
      const held = verdict.is === "failing" ? this.#whyHeld(run) : undefined;
      if (verdict.is === "alive") soundSeconds = run.uptime;
      if (this.#isHang(held ?? verdict)) {
        this.#tellHang(alive, soundSeconds);
        return;
      }
    }
  }

  async #ask(question: Question, run: Run, alive: AliveSpec, signal: AbortSignal): Promise<Verdict> {
    await ownTime(alive.interval, 1, signal);
    if (this.#asking !== undefined) {
      this.findings.unknown("the process of a check does not end");
      await Promise.race([this.#asking, aborted(signal)]);
    }
    const held = this.#whyHeld(run);
    if (held !== undefined || signal.aborted) return held ?? { is: "alive" };
    const behalf = { context: this.#context, spec: this.#owner.spec, tree: this.#tree };
    const answer = check(question, behalf, alive.timeout, signal);
    this.#asking = answer
      .then(({ left }) => left)
      .finally(() => {
        this.#asking = undefined;
      });
    return (await answer).verdict;
  }

  /** Why the process may not answer although nothing is wrong with it. */
  #whyHeld({ pid }: Run): Verdict | undefined {
    const state = readProcess(pid)?.state;
    if (state === "t") return { is: "unknown", why: "a debugger holds it" };
    return state === "T" && this.#isStopped ? { is: "unknown", why: "stopped by a signal" } : undefined;
  }

  #isHang(verdict: Verdict): boolean {
    const { findings } = this;
    const { id } = this.#owner;
    if (verdict.is === "alive") {
      if (findings.failures > 0) log.info(`${id}: its check succeeds again`);
      findings.succeeded();
    } else if (verdict.is === "unknown") {
      if (findings.unknown(verdict.why)) log.warn(`${id} cannot be checked: ${verdict.why}`);
    } else {
      if (findings.failed(verdict.why)) return true;
      log.warn(`${id}: check failed ${findings.failures} of ${this.#alive?.failures} times: ${verdict.why}`);
    }
    return false;
  }

  #tellHang({ failures }: AliveSpec, soundSeconds: number): void {
    const row = failures === 1 ? "" : `, ${failures} checks in a row`;
    const never = soundSeconds === 0 ? "; none has succeeded since its start" : "";
    this.#owner.hangs({ reason: `hung: ${this.findings.lastFailure}${row}${never}`, soundSeconds });
  }
}

/** Says at the end of each interval whether a line of output has matched in it. */
function lineVerdicts(run: Run, pattern: RegExp, interval: number, signal: AbortSignal) {
  const finder = new LineFinder(pattern);
  run.onOutput = (chunk) => void finder.take(chunk);
  return async (): Promise<Verdict> => {
    finder.lookAgain();
    await ownTime(interval, LOG_SLICES, signal);
    if (finder.isFound) return { is: "alive" };
    return { is: "failing", why: `no line of output matches within ${interval} s` };
  };
}

/** Resolves when `signal` aborts. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
