import type { ProbeSpec } from "../../programs/spec.ts";
import { type Behalf, type Ran, runsWell } from "./exec.ts";
import { afterOwnTime } from "./own-time.ts";
import { Slots } from "./slots.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

/** Into so many parts the time of a check is divided to find out whether this process has run all the time. */
const SLICES = 20;

/**
 * So many commands run at once: a thousand that are due together would take the processors from each other till all are
 * late. Those that take long do not count for ever, as hung ones must not keep others from being found out.
 */
const MOST_COMMANDS = 32;
const LONG_MILLISECONDS = 10_000;
const commands = new Slots(MOST_COMMANDS, LONG_MILLISECONDS);

/** What is asked, and for all but log patterns. */
export type Question = Exclude<ProbeSpec, { kind: "log" }>;

let lastTurn: Promise<unknown> = Promise.resolve();

/** A thousand checks that are due at once start one after the other, with signals, exits and clients in between. */
async function turn(): Promise<void> {
  lastTurn = lastTurn.then(() => new Promise(setImmediate));
  await lastTurn;
}

export interface Answer {
  verdict: Verdict;
  /** For a command that not even SIGKILL ends: resolves when it has ended after all. */
  left?: Promise<unknown>;
}

/**
 * Asks once whether a program does its work, within `seconds` of this process's own time. Never rejects. After an abort of
 * `signal` the answer is none; nothing is left of the check.
 */
export async function check(
  question: Question,
  behalf: Behalf,
  seconds: number,
  signal: AbortSignal,
): Promise<Answer> {
  const giveBack = question.kind === "exec" ? await commands.take(signal) : undefined;
  try {
    await turn();
    return signal.aborted ? { verdict: { is: "alive" } } : await checkNow(question, behalf, seconds, signal);
  } finally {
    giveBack?.();
  }
}

async function checkNow(
  question: Question,
  behalf: Behalf,
  seconds: number,
  signal: AbortSignal,
): Promise<Answer> {
  const limit = new AbortController();
  const abort = () => limit.abort();
  let isLate = false;
  const cancel = afterOwnTime(seconds, SLICES, () => {
    isLate = true;
    abort();
  });
  signal.addEventListener("abort", abort, { once: true });
  try {
    const { why, left } = await ask(question, behalf, limit.signal);
    const late = isLate ? ` within ${seconds} s` : "";
    const verdict: Verdict = why === undefined ? { is: "alive" } : { is: "failing", why: `${why}${late}` };
    return { verdict, ...(left === undefined ? {} : { left }) };
  } catch (error) {
    return { verdict: verdictOf(error) };
  } finally {
    cancel();
    signal.removeEventListener("abort", abort);
  }
}

/** In words what is wrong, or undefined; when `signal` aborts, how far it has come. */
async function ask(question: Question, behalf: Behalf, signal: AbortSignal): Promise<Ran> {
  if (question.kind === "exec") return runsWell(question.command, behalf, signal);
  if (question.kind === "http") {
    const { answersHttp } = await import("./http.ts");
    return { why: await answersHttp(question.url, signal) };
  }
  const { takesConnections } = await import("./tcp.ts");
  return { why: await takesConnections(question, signal) };
}
