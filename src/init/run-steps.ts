import { AiDockError, messageOf } from "../errors.ts";
import { logger } from "../log.ts";
import type { BootContext, Step } from "../features/step.ts";

/** Runs the steps in order, one line each with its time; the number that failed. An abort skips the rest. */
export async function runSteps(steps: Step[], context: Omit<BootContext, "log">): Promise<number> {
  let failures = 0;
  for (const step of steps) {
    if (context.signal.aborted) break;
    if (!(await runStep(step, context))) failures++;
  }
  return failures;
}

async function runStep(step: Step, context: Omit<BootContext, "log">): Promise<boolean> {
  const log = logger(step.name);
  const started = performance.now();
  const ms = () => (performance.now() - started).toFixed(1);
  try {
    const result = await step.run({ ...context, log });
    if (result !== undefined) log.info(result.message, { ...result.fields, ms: ms() });
    return true;
  } catch (error) {
    log.error(messageOf(error), { ms: ms() });
    // Only AiDockError is meant for the user as it is; of a bug the place is wanted too.
    if (!(error instanceof AiDockError) && error instanceof Error) log.error(error.stack ?? "");
    return false;
  }
}
