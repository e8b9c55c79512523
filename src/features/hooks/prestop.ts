import { basename } from "node:path";
import { messageOf } from "../../errors.ts";
import type { BootContext } from "../step.ts";
import { runHook } from "./run.ts";

const NAME = "prestop";

/** What the scripts find in AI_DOCK_STOP_REASON. */
export type StopReason =
  /** SIGTERM or SIGINT: `docker stop`, a spot instance that is taken back, Ctrl-C. */
  | "signal"
  /** `supervisorctl shutdown`. */
  | "command"
  /** The main command has ended. */
  | "exit"
  /** A program is FATAL, with AI_DOCK_ON_FATAL=exit. */
  | "fatal"
  /** AI_DOCK_ON_GPU_LOSS=exit. */
  | "gpu-loss"
  | "idle"
  | "max-hours";

/** A stop that is about to begin. */
export interface BeforeStop {
  reason: StopReason;
  /** Aborted by the signal that asks for the stop: from then on its sender waits, and kills in the end. */
  pressed: AbortSignal;
  /** Aborted by a second signal: the stop begins at once. */
  skipped: AbortSignal;
}

/** Seconds. */
export interface PrestopLimits {
  /** For all scripts together, AI_DOCK_PRESTOP_TIMEOUT. */
  own: number;
  /** The same from the signal on: a part of AI_DOCK_STOP_TIMEOUT, of which programs get the rest. */
  pressed: number;
}

export interface PrestopOptions extends Pick<BootContext, "env" | "log"> {
  paths: string[];
  before: BeforeStop;
  limits: PrestopLimits;
  /** Runs a script until `signal` is aborted. */
  runLogged(
    options: Parameters<BootContext["runLogged"]>[0],
    signal: AbortSignal,
  ): ReturnType<BootContext["runLogged"]>;
  settings: BootContext["settings"];
}

/** Between SIGTERM and SIGKILL for a script whose time is up; a quarter of the time where that is short. */
const KILL_AFTER_SECONDS = 1;

/** After SIGKILL, for a script that the kernel holds. */
const GIVE_UP_MILLISECONDS = 300;

/**
 * Runs the scripts one after the other, until the time is up; a script that fails is reported. What they export is
 * nobody's: no program starts any more. Never rejects.
 */
export async function runPrestop(options: PrestopOptions): Promise<void> {
  const { paths, before, limits, log } = options;
  const started = performance.now();
  const clock = deadline(before, limits);
  const { reason } = before;
  log.info("Prestop scripts run before the stop", {
    scripts: paths.length,
    reason,
    seconds: clock.seconds(),
  });
  let failures = 0;
  for (const [index, path] of paths.entries()) {
    const name = basename(path);
    if (clock.end.aborted) {
      const left = paths.slice(index).map((one) => basename(one));
      log.warn(`${left.join(", ")}: not run, ${clock.why()}`);
      break;
    }
    const problem = await run(path, options, clock);
    if (problem === undefined) continue;
    failures++;
    log.warn(`${name}: ${clock.end.aborted ? `ended, ${clock.why()}` : problem}; the stop goes on`);
  }
  clock.cancel();
  log.info("Prestop done", { failures, ms: Math.round(performance.now() - started) });
}

/** Runs one script; returns what went wrong, or undefined. */
async function run(path: string, options: PrestopOptions, clock: Clock): Promise<string | undefined> {
  const { env, log, settings, before } = options;
  const context: BootContext = {
    settings,
    log,
    signal: clock.end,
    env: {
      ...env,
      AI_DOCK_STOP_REASON: before.reason,
      AI_DOCK_STOP_SECONDS: String(Math.floor(clock.seconds())),
    },
    runLogged: async (script) =>
      await options.runLogged({ ...script, killAfter: clock.killAfter() }, clock.end),
  };
  const late = Promise.withResolvers<string>();
  const giveUp = () =>
    void setTimeout(
      () => late.resolve("it cannot be killed"),
      clock.killAfter() * 1000 + GIVE_UP_MILLISECONDS,
    );
  clock.end.addEventListener("abort", giveUp);
  try {
    const end = runHook(context, { name: NAME, path }).then(({ code, milliseconds }) =>
      code === 0 ? undefined : `expected exit code 0, got "${code}" after ${milliseconds} ms`,
    );
    return await Promise.race([end, late.promise]);
  } catch (error) {
    return messageOf(error);
  } finally {
    clock.end.removeEventListener("abort", giveUp);
  }
}

type Clock = ReturnType<typeof deadline>;

/** The end of the time for all scripts, which a signal brings nearer. */
function deadline({ pressed, skipped }: BeforeStop, limits: PrestopLimits) {
  const end = new AbortController();
  let [endsAt, limit] = [Number.POSITIVE_INFINITY, limits.own];
  let timer: Timer | undefined;
  let why = "";
  const stop = (reason: string) => {
    why ||= reason;
    end.abort();
  };
  const killAfter = () => Math.min(KILL_AFTER_SECONDS, limit / 4);
  /** SIGKILL comes at the end of the time, SIGTERM before. */
  const within = (seconds: number, text: string) => {
    const next = performance.now() + seconds * 1000;
    if (next > endsAt) return;
    [endsAt, limit] = [next, seconds];
    clearTimeout(timer);
    timer = setTimeout(() => stop(text), (seconds - killAfter()) * 1000);
  };
  const press = () =>
    within(limits.pressed, `as programs have the rest of the time of this stop (AI_DOCK_STOP_TIMEOUT)`);
  const skip = () => stop("as a second signal came");
  within(limits.own, `as the ${limits.own} s of AI_DOCK_PRESTOP_TIMEOUT are over`);
  if (pressed.aborted) press();
  else pressed.addEventListener("abort", press);
  if (skipped.aborted) skip();
  else skipped.addEventListener("abort", skip);
  return {
    end: end.signal,
    killAfter,
    why: () => why,
    /** How many are left. */
    seconds: () => Math.max(0, Math.round((endsAt - performance.now()) / 100) / 10),
    cancel() {
      clearTimeout(timer);
      pressed.removeEventListener("abort", press);
      skipped.removeEventListener("abort", skip);
    },
  };
}
