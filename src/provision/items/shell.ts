import { ExitCode } from "../../errors.ts";
import { FinalError } from "../graph/outcome.ts";
import type { CommandResult } from "./command-options.ts";
import type { ItemContext } from "./context.ts";
import { asProvisioner } from "./owner.ts";

/** The line comes by the environment, which unlike the words of a command only its user can read. */
const LINE = "AI_DOCK_COMMAND";
const EVALUATE = `line=$${LINE}; unset ${LINE}; eval "unset line; $line"`;

/**
 * Runs a line of the manifest in bash, as the user of PROVISIONING_USER. Throws an error with the exit code and what the
 * command said last.
 */
export async function runShell(line: string, context: ItemContext, cwd?: string): Promise<void> {
  const result = await context.run(["/bin/bash", "-c", EVALUATE], {
    as: asProvisioner(context),
    env: { [LINE]: line },
    ...(cwd === undefined ? {} : { cwd }),
  });
  if (result.code !== ExitCode.ok) throw failure(`"${shorten(line)}"`, result);
}

/** What a command that failed is reported as. */
export function failure(name: string, { code, output }: CommandResult): Error {
  const last = output.trim().split("\n").at(-1)?.trim() ?? "";
  return new Error(`expected exit code 0 of ${name}, got ${code}${last === "" ? "" : `: ${shorten(last)}`}`);
}

const LONGEST = 200;

const shorten = (text: string) => {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
};

/** Throws FinalError where a word would be an option of the command that it is given to. */
export function refuseOptions(words: readonly string[], key: string): void {
  const option = words.find((word) => word.startsWith("-"));
  if (option !== undefined)
    throw new FinalError(`${key}: expected a name, got the option "${option}"; use args`);
}
