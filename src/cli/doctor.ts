import { control } from "../control/client.ts";
import { loadEnvironment } from "../env/load.ts";
import { AiDockError } from "../errors.ts";
import { type Check, type CheckResult, failed, ok, warning } from "../features/check.ts";
import { collectPrograms } from "../features/programs.ts";
import { remoteProblems } from "../features/remotes/check.ts";
import { programId } from "../programs/names.ts";
import type { Problem } from "../programs/problem.ts";
import { LOG_DIRECTORY } from "../programs/spec.ts";
import { askProgramLogs, outputElsewhere } from "./log-names.ts";

/** Checks that the supervisor answers and that every program is up. */
export const supervisorCheck: Check = async ({ status }) => {
  if (status === undefined) return [await whyNone()];
  const { phase, healthy, problems } = await control.health();
  if (phase !== "running") return [warning("supervisor", `the container is ${phase}`, "ai-dock logs -f")];
  if (healthy) return [ok("supervisor", `${status.programs.length} programs, all well`)];
  const programs = await askProgramLogs();
  return problems.map((problem) => {
    const name = problem.slice(0, problem.indexOf(": "));
    const program = programs.find((one) => programId(one) === name);
    const elsewhere = program && outputElsewhere(program, LOG_DIRECTORY);
    return failed("supervisor", problem, elsewhere ? `its output is ${elsewhere}` : `ai-dock logs ${name}`);
  });
};

async function whyNone(): Promise<CheckResult> {
  try {
    await control.status();
  } catch (error) {
    // A supervisor runs, but this user may not connect to its socket.
    if (error instanceof AiDockError && error.hint) return failed("supervisor", error.message, error.hint);
  }
  const fix = "start the container with init.sh, or another entrypoint that runs /opt/ai-dock/bin/init.sh";
  return failed("supervisor", "ai-dock init is not running in this container", fix);
}

/** Checks the environment and the drop-ins for mistakes. */
export const configurationCheck: Check = async ({ env }) => {
  const wrong = loadEnvironment().problems.map(({ message }) =>
    failed("environment", message, "ai-dock env"),
  );
  const { problems, programs } = await collectPrograms({ env });
  // The check of remotes tells the problems of remotes.
  const { errors, warnings } = await remoteProblems(env);
  const toldElsewhere = new Set([...errors, ...warnings]);
  const rest = problems.filter(({ message }) => !toldElsewhere.has(message));
  const ofVariables = rest
    .filter(isOfVariable)
    .map((problem) => resultOf(problem, "environment", "ai-dock env"));
  const ofFiles = rest
    .filter((problem) => !isOfVariable(problem))
    .map((problem) => resultOf(problem, "drop-ins", "mend the file, then ai-dock update"));
  const ofEnvironment = [...wrong, ...ofVariables];
  return [
    ...(ofEnvironment.length > 0 ? ofEnvironment : [ok("environment", "every setting is valid")]),
    ...(ofFiles.length > 0 ? ofFiles : [ok("drop-ins", `${programs.length} programs, no mistakes`)]),
  ];
};

function isOfVariable({ file, key }: Problem): boolean {
  return file === null && key !== null;
}

function resultOf({ severity, message }: Problem, name: string, fix: string): CheckResult {
  return (severity === "error" ? failed : warning)(name, message, fix);
}
