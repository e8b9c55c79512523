import type { BootContext, StepResult } from "../step.ts";
import { writeShellEnvironment } from "../shell/step.ts";
import { provision } from "./provision.ts";

/** What a script changed in the environment. */
export interface EnvironmentChanges {
  set: Record<string, string>;
  unset: string[];
}

/**
 * Runs the provisioning script again, or that of `source` this once. What the script exports goes to `share`, which
 * resolves to the environment that shells get from then on: others may have changed it meanwhile. Throws AiDockError
 * as `provision` does; undefined when there was nothing to run, or after an interrupt.
 */
export async function provisionAgain(
  context: BootContext,
  source: string | undefined,
  share: (changes: EnvironmentChanges) => Promise<Record<string, string>>,
): Promise<StepResult | undefined> {
  const before = { ...context.env };
  const result = await provision(context, { force: true, ...(source === undefined ? {} : { source }) });
  if (context.signal.aborted) return undefined;
  const env = await share(changesBetween(before, context.env));
  writeShellEnvironment({ ...context, env });
  return result;
}

/** The difference between two environments. */
export function changesBetween(
  before: Record<string, string>,
  after: Record<string, string>,
): EnvironmentChanges {
  const set = Object.entries(after).filter(([name, value]) => before[name] !== value);
  const unset = Object.keys(before).filter((name) => !Object.hasOwn(after, name));
  return { set: Object.fromEntries(set), unset };
}
