import { describeEnvironment } from "../env/describe.ts";
import type { Environment } from "../env/environment.ts";
import { ExitCode } from "../errors.ts";
import { logger, setLogDebug } from "../log.ts";

const log = logger("init");

/** Logs what is wrong with the settings, and with DEBUG all of them. True when the container must not start. */
export function reportSettings(environment: Environment): boolean {
  const { settings } = environment;
  const problems = environment.takeProblems();
  setLogDebug(settings.DEBUG);
  for (const problem of problems) log.warn(problem);
  if (settings.DEBUG)
    for (const row of describeEnvironment(environment, true)) log.debug(`${row.name}=${row.value ?? ""}`);
  return problems.length > 0 && settings.AI_DOCK_STRICT;
}

/** The exit code of a container that does not start for AI_DOCK_STRICT, which is logged. */
export function refuse(): number {
  log.error("AI_DOCK_STRICT is set; the container ends with 78 because of the above");
  return ExitCode.configuration;
}
