import { statSync } from "node:fs";
import { resolve } from "node:path";
import { defineCommand } from "citty";
import { collectPrograms } from "../../features/programs.ts";
import { loadEnvironment, type VariableProblem } from "../../env/load.ts";
import { ExitCode } from "../../errors.ts";
import { programId } from "../../programs/names.ts";
import type { Problem } from "../../programs/problem.ts";
import { effectiveEnvironment } from "../effective-environment.ts";
import { type Command, usageError } from "../command.ts";
import { print, printJson, printProblems, style } from "../print.ts";

const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ai-dock check",
      description:
        "Check drop-ins (those installed, or the given FILEs) and the environment; starts nothing; exit code 78 for a mistake",
    },
    args: {
      file: { type: "positional", required: false, description: "FILE…" },
      json: { type: "boolean", description: "Print JSON" },
    },
  }),
  async run({ _: files, json }: { _: string[]; json?: boolean }) {
    for (const file of files) requireFile(file);
    const { env, problems: wrong } = await environment();
    const chosen = files.length === 0 ? {} : { files: files.map((file) => resolve(file)) };
    const { programs, problems: found } = await collectPrograms({ env, ...chosen });
    const problems = [...wrong.map(ofVariable), ...found];
    const names = programs
      .filter(({ origin }) => files.length === 0 || origin.kind === "file")
      .map(programId);
    if (json) printJson({ programs: names, problems });
    else {
      printProblems(problems);
      print(summary(names, problems));
    }
    return problems.some(({ severity }) => severity === "error") ? ExitCode.configuration : ExitCode.ok;
  },
};

export default command;

/** The environment that drop-ins are read with, and mistakes in the variables of this process. */
async function environment() {
  const { problems } = loadEnvironment();
  return { env: (await effectiveEnvironment()).env, problems };
}

function requireFile(file: string): void {
  if (statSync(file, { throwIfNoEntry: false })?.isFile()) return;
  throw usageError("ai-dock check", `Expected a file, got "${file}"`);
}

function ofVariable({ message, ...rest }: VariableProblem): Problem {
  return { severity: "error", message, file: null, line: null, section: null, ...rest };
}

function summary(names: string[], problems: Problem[]): string {
  const count = (severity: Problem["severity"]) => {
    const number = problems.filter((problem) => problem.severity === severity).length;
    return `${number} ${severity}${number === 1 ? "" : "s"}`;
  };
  const list = names.length === 0 ? "no programs" : `programs: ${names.join(", ")}`;
  if (problems.length === 0) return `${style("green", "ok")}, ${list}`;
  return `${count("error")}, ${count("warning")}; ${list}`;
}
