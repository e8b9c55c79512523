import { collectPrograms } from "../../features/programs.ts";
import { loadEnvironment } from "../../env/load.ts";
import type { Problem } from "../../programs/problem.ts";
import { remoteProblems } from "../../features/remotes/check.ts";
import { type Check, type CheckResult, failed, ok, warning } from "../../features/check.ts";

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
