import { sessionVariables } from "../../env/session.ts";
import { parseDump } from "../hooks/wrapper.ts";
import { run } from "../../sys/run.ts";
import type { BootContext, Step } from "../step.ts";
import { storedLines } from "./lines.ts";
import { SOURCED_FILE } from "./paths.ts";
import { fingerprint, readStatements } from "./statements.ts";

/** For lines that have to be sourced: a node version manager takes a second on a slow disk. */
const LIMIT_MILLISECONDS = 10_000;

/**
 * Takes over what layers have stored in the sourced file, before anything else of the boot. A variable that the container
 * was started with stays, unless empty; PATH is what the lines make of it.
 */
export async function readStored(
  { env, log, signal }: BootContext,
  file = SOURCED_FILE,
  limit = LIMIT_MILLISECONDS,
) {
  const lines = storedLines(file, env, (problem) => log.warn(problem));
  if (lines.trim() === "") return undefined;
  const { statements, complete } = readStatements(lines);
  const last = new Map(statements.map((statement) => [statement.name, statement]));
  let values: Iterable<[string, string]> = [...last.values()].map(({ name, value }) => [name, value]);
  if (!complete) {
    const sourced = await source(file, env, AbortSignal.any([signal, AbortSignal.timeout(limit)]));
    if (signal.aborted) return undefined;
    if (sourced.problem !== undefined) log.warn(`"${file}": ${sourced.problem}`);
    values = sourced.values ?? values;
  }
  let variables = 0;
  for (const [name, value] of sessionVariables(Object.fromEntries(values))) {
    const given = env[name] ?? "";
    if (value === given && name in env) continue;
    if (given !== "" && !extendsPath(name, value, given) && last.get(name)?.over !== fingerprint(given))
      continue;
    env[name] = value;
    variables++;
  }
  return variables === 0 ? undefined : { message: "What the image has stored is set", fields: { variables } };
}

/** A longer search path has what the container was started with; PATH itself is the lines' own affair. */
function extendsPath(name: string, value: string, given: string): boolean {
  if (name === "PATH") return true;
  const parts = value.split(":");
  return name.endsWith("PATH") && given.split(":").every((part) => parts.includes(part));
}

/** The lines may end the shell, and set options of it; the trap sees what they have exported until then. */
const SCRIPT = `exec 3>&1 >&2
trap 'builtin command -p env -0 >&3 && builtin printf complete >&3' EXIT
. "$0"
exit 0`;

/** What bash has exported after the lines. */
async function source(file: string, env: Record<string, string>, signal: AbortSignal) {
  const command = ["/bin/bash", "--noprofile", "--norc", "-c", SCRIPT, file];
  const { code, stdout, stderr } = await run(command, { env: { ...env, AI_DOCK_LINES: "1" }, signal });
  const values = parseDump(stdout);
  values?.delete("AI_DOCK_LINES");
  const [said = ""] = stderr.trim().split("\n");
  const isFine = values !== undefined && code === 0 && said === "";
  const got = signal.aborted ? "no end in time" : said === "" ? `exit code ${code}` : JSON.stringify(said);
  return { values, problem: isFine ? undefined : `expected lines that bash can source, got ${got}` };
}

export const storedStep: Step = { name: "stored", run: async (context) => readStored(context) };
