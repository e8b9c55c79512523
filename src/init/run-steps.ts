import type { Environment } from "../env/environment.ts";
import { AiDockError, messageOf } from "../errors.ts";
import type { BootContext, Step } from "../features/step.ts";
import { type Logger, logger, setLogRedactor } from "../log.ts";

/** What all steps share; settings and log are each step's own. */
export interface StepsContext extends Pick<BootContext, "signal" | "runLogged"> {
  /** Told which step begins. */
  onStep?: (name: string) => void;
  /** Whether a step may use the workspace; it may where nobody is there to ask. */
  access?: { isOpenFor(step: Step): Promise<boolean> };
}

/**
 * Runs the steps in order, one line each with its time, and returns how many failed, those that had to be left out
 * included. An abort skips the rest. Each step sees the variables and the settings that the steps before it have left, scripts included.
 */
export async function runSteps(
  steps: Step[],
  environment: Environment,
  context: StepsContext,
): Promise<number> {
  let failures = 0;
  for (const step of steps) {
    if (context.signal.aborted) break;
    context.onStep?.(step.name);
    if (!(await runStep(step, environment, context))) failures++;
    reviewEnvironment(environment, logger(step.name));
  }
  return failures;
}

/** Takes note of what a script has exported: the log hides new secrets and names new mistakes. */
export function reviewEnvironment(environment: Environment, log: Logger): void {
  setLogRedactor(environment.redactor);
  for (const problem of environment.takeProblems()) log.warn(problem);
}

async function runStep(step: Step, environment: Environment, context: StepsContext): Promise<boolean> {
  const log = logger(step.name);
  const started = performance.now();
  const ms = () => (performance.now() - started).toFixed(1);
  try {
    const { env, settings } = environment;
    const own = { ...context, env, settings, log };
    if (step.withoutWorkspace !== undefined && (await context.access?.isOpenFor(step)) === false) {
      step.withoutWorkspace(own);
      return false;
    }
    const result = await step.run(own);
    if (result !== undefined) log.info(result.message, { ...result.fields, ms: ms() });
    return true;
  } catch (error) {
    log.error(messageOf(error), { ms: ms() });
    // Only AiDockError is meant for the user as it is; of a bug the place is wanted too.
    if (!(error instanceof AiDockError) && error instanceof Error) log.error(error.stack ?? "");
    return false;
  }
}
