import type { IdleAction } from "../../env/idle-variables.ts";
import { ShellCode } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { stopByPlatform } from "../platform/stop.ts";

/** `over`: the action has done its work. `end`: the container is to end with 0. `nothing`: it cannot be carried out. */
export type Outcome = "over" | "end" | "nothing";

/** The reason of an abort by somebody who uses the container again. */
export const IN_USE = "in use";

export interface ActOptions {
  action: IdleAction;
  env: Readonly<Record<string, string>>;
  log: Logger;
  /** Ends it: somebody uses the container again, or the container stops. */
  signal: AbortSignal;
  /** Runs a command with its output in the log; resolves to its exit code. */
  run: (command: string[], timeoutSeconds: number, signal: AbortSignal) => Promise<number>;
  /** Tells everybody, on terminals, too. */
  tell: (message: string) => void;
  /** Does what comes before a stop. With the SIGTERM of a cloud that has agreed to one there is little time left. */
  prepare: () => Promise<void>;
  /** Of tests. */
  timing?: Partial<Timing>;
  stop?: typeof stopByPlatform;
}

/** Milliseconds. */
interface Timing {
  /** For a cloud that has agreed to stop the container. */
  patience: number;
  /** Before each further try of a command. */
  pauses: readonly number[];
  /** For one run of a command. */
  command: number;
}

const defaults: Timing = {
  patience: 180_000,
  pauses: [10_000, 30_000, 90_000],
  command: 300_000,
};

/** Carries out AI_DOCK_IDLE_ACTION. Destroys nothing. What cannot be had by other ways ends the container with 0. */
export async function act(options: ActOptions): Promise<Outcome> {
  const { action, log, signal, env } = options;
  const timing = { ...defaults, ...options.timing };
  if (action === "report") return "over";
  if (action === "exit") return "end";
  if (action.startsWith("exec:")) return await runCommand(action.slice("exec:".length), options, timing);
  const kind = action as "vast" | "runpod";
  await options.prepare();
  if (signal.aborted) return "nothing";
  const answer = await (options.stop ?? stopByPlatform)(kind, env, { signal, log });
  if (signal.aborted) return "nothing";
  if (answer === "accepted") {
    await pause(timing.patience, signal);
    if (signal.reason === IN_USE)
      options.tell("the cloud has agreed to stop this container, which may still come");
    if (signal.aborted) return "nothing";
    log.warn("the cloud has agreed to stop this container, and has not; it ends by itself");
  } else log.warn("the cloud does not stop this container; it ends by itself");
  return "end";
}

async function runCommand(
  command: string,
  { log, signal, run }: ActOptions,
  timing: Timing,
): Promise<Outcome> {
  for (const wait of [...timing.pauses, undefined]) {
    const code = await run(["/bin/sh", "-c", command], timing.command / 1000, signal);
    if (signal.aborted) return "nothing";
    if (code === 0) return "over";
    if (code === ShellCode.notFound || code === ShellCode.notExecutable) {
      log.error(
        `AI_DOCK_IDLE_ACTION: expected a command that can run, got exit code ${code}; the container goes on`,
      );
      return "nothing";
    }
    if (wait === undefined) break;
    log.warn(`AI_DOCK_IDLE_ACTION: the command has ended with ${code}; again in ${wait / 1000} s`);
    await pause(wait, signal);
    if (signal.aborted) return "nothing";
  }
  log.error("AI_DOCK_IDLE_ACTION: the command fails; the container ends");
  return "end";
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  const end = () => resolve();
  signal.addEventListener("abort", end);
  await promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", end);
}
