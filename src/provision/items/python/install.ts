import { ExitCode } from "../../../errors.ts";
import { findProgram } from "../../../sys/which.ts";
import { FinalError } from "../../graph/outcome.ts";
import type { PipSpec } from "../../manifest/schema.ts";
import type { ItemContext } from "../context.ts";
import type { As } from "../command-options.ts";
import { scratchFile } from "../scratch.ts";
import { conflictOf } from "./conflict.ts";
import { splitWords } from "./words.ts";

/** What is to be installed where, and as whom. */
export interface Installation {
  python: string;
  packages: string[];
  requirements: string[];
  spec: PipSpec;
  as: As;
}

/** Installs packages by uv or pip. Throws an error with the tool's last word, FinalError for a conflict. */
export async function install(wanted: Installation, context: ItemContext): Promise<void> {
  const { python, packages, requirements, spec, as } = wanted;
  const uv = spec.tool === "pip" ? undefined : findProgram("uv", context.env["PATH"]);
  if (spec.tool === "uv" && uv === undefined) context.log.info("There is no uv; pip installs instead");
  const tool = uv === undefined ? [python, "-m", "pip"] : [uv, "pip"];
  using constraints = await constraintsOf(wanted, tool, context);
  const { words, lines, env } = hideCredentials(splitWords(spec.args ?? ""));
  // In a file: a package may be a URL with a token in it, which `ps` would show.
  using list = scratchFile("packages.txt", [...lines, ...packages, ""].join("\n"), as.owner);
  const command = [
    ...tool,
    "install",
    ...(uv === undefined
      ? ["--no-cache-dir", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
      : ["--no-cache", "--no-progress", "--python", python]),
    ...(constraints === undefined ? [] : ["--constraint", constraints.path]),
    ...words,
    ...requirements.flatMap((path) => ["--requirement", path]),
    ...(lines.length + packages.length === 0 ? [] : ["--requirement", list.path]),
  ];
  const result = await context.run(command, {
    as,
    // As variables, since older versions of pip do not know the option.
    env: { PIP_BREAK_SYSTEM_PACKAGES: "1", UV_BREAK_SYSTEM_PACKAGES: "true", ...env },
  });
  if (result.code === ExitCode.ok) return;
  const conflict = conflictOf(result.output);
  if (conflict !== undefined) throw new FinalError(conflict);
  const last = result.output.trim().split("\n").at(-1) ?? "";
  throw new Error(
    `expected ${uv === undefined ? "pip" : "uv"} to end with 0, got ${result.code}: ${last.trim()}`,
  );
}

/** Options that a file of requirements may hold as well. */
const MOVABLE = new Set(["--index-url", "-i", "--extra-index-url", "--find-links", "-f"]);
/** Options of uv that have a variable. */
const VARIABLES: Record<string, string> = { "--index": "UV_INDEX", "--default-index": "UV_DEFAULT_INDEX" };

/** Takes addresses with a password in them out of the words of a command, which `ps` shows. */
export function hideCredentials(given: readonly string[]) {
  const hidden = { words: [] as string[], lines: [] as string[], env: {} as Record<string, string> };
  for (let index = 0; index < given.length; index++) {
    const word = given[index] ?? "";
    const [, option = word, inline] = /^(--?[\w-]+)=(.*)$/s.exec(word) ?? [];
    const value = inline ?? given[index + 1] ?? "";
    const variable = VARIABLES[option];
    if (!/:\/\/[^/\s]*@/.test(value) || (variable === undefined && !MOVABLE.has(option))) {
      hidden.words.push(word);
      continue;
    }
    if (variable === undefined) hidden.lines.push(`${option} ${value}`);
    else hidden.env[variable] = [hidden.env[variable], value].filter(Boolean).join(" ");
    if (inline === undefined) index++;
  }
  return hidden;
}

/** A file with the versions that are there, for `constraints: installed`, or the file that is named. */
async function constraintsOf({ spec, python, as }: Installation, tool: string[], context: ItemContext) {
  if (spec.constraints === undefined) return undefined;
  if (spec.constraints !== "installed") return { path: spec.constraints, [Symbol.dispose]: () => undefined };
  const own = tool.at(-1) === "pip" && tool.length === 2 ? ["--python", python] : [];
  const frozen = await context.run([...tool, "freeze", ...own], { as, quiet: true, output: MOST_LIST });
  if (frozen.code !== ExitCode.ok)
    throw new Error("constraints: expected a list of what is installed, got none");
  const lines = frozen.output.split("\n").filter((line) => /^[\w.-]+==\S+$/.test(line));
  return scratchFile("constraints.txt", `${lines.join("\n")}\n`, as.owner);
}

const MOST_LIST = 4 * 1024 * 1024;
