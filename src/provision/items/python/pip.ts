import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { splitWords } from "./words.ts";
import { ExitCode } from "../../../errors.ts";
import { findProgram } from "../../../sys/which.ts";
import { FinalError } from "../../graph/outcome.ts";
import { asEntries } from "../../graph/works.ts";
import type { PipSpec } from "../../manifest/schema.ts";
import { fingerprintOf } from "../../state/record.ts";
import type { ItemContext, Perform, Planner } from "../context.ts";
import { refuseOptions } from "../shell.ts";
import { scratchFile } from "../scratch.ts";
import { defaultVenv, pythonOf, SYSTEM, venvDirectory } from "./environment.ts";
import { conflictOf } from "./conflict.ts";
import { missingPackages } from "./satisfied.ts";

/** Installs what an environment lacks; makes the environment where there is none. */
export const performPip: Perform<"pip"> = async (item, context) => {
  const { spec } = item;
  const venv = venvOf(spec, context);
  return context.lanes.run(`env:${venv}`, async () => {
    await makeEnvironment(venv, spec, context);
    const python = pythonOf(venv, context.env["PATH"]);
    const packages = asEntries(spec.packages);
    const requirements = asEntries(spec.requirements);
    refuseOptions(packages, "packages");
    const key = `pip:${venv}#${item.id}`;
    const fingerprint = fingerprintOf([spec, requirements.map(textOf)]);
    if (await isSatisfied({ packages, requirements, spec, python, fingerprint, key }, context))
      return { state: "unchanged" };
    await install({ venv, python, packages, requirements, spec }, context);
    context.stores.set(key, { fingerprint, source: item.label, at: new Date().toISOString() });
    return { state: "done" };
  });
};

export const planPip: Planner<"pip"> = async (item, context) => {
  const { spec } = item;
  const venv = venvOf(spec, context);
  const python = pythonOf(venv, context.env["PATH"]);
  if (!existsSync(python)) return { action: "do", detail: `makes ${venv}` };
  const packages = asEntries(spec.packages);
  const requirements = asEntries(spec.requirements);
  // Files of a repository may not be there yet.
  if (!requirements.every((path) => existsSync(path))) return { action: "unknown" };
  const fingerprint = fingerprintOf([spec, requirements.map(textOf)]);
  const wanted = { packages, requirements, spec, python, fingerprint, key: `pip:${venv}#${item.id}` };
  return { action: (await isSatisfied(wanted, context)) ? "unchanged" : "do" };
};

const venvOf = ({ venv }: PipSpec, context: ItemContext) => {
  if (venv === undefined || venv === "") return defaultVenv(context);
  return venv === SYSTEM ? SYSTEM : venvDirectory(venv, context.env);
};

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw new FinalError(`requirements: expected a file, got none at "${path}"`);
  }
}

interface Wanted {
  packages: string[];
  requirements: string[];
  spec: PipSpec;
  python: string;
  fingerprint: string;
  key: string;
}

/** Plain packages are looked at; of files and options, a record says that they were installed, and packages may be gone since. */
async function isSatisfied(wanted: Wanted, context: ItemContext): Promise<boolean> {
  const { packages, requirements, spec, python, fingerprint, key } = wanted;
  const isRecorded = context.stores.get(key)?.fingerprint === fingerprint;
  const isPlain = requirements.length === 0 && (spec.args ?? "") === "";
  if (!isPlain && !isRecorded) return false;
  // Those with an extra are as good as their record.
  const plain = isRecorded ? packages.filter((name) => !/[[@]/.test(name)) : packages;
  return (await missingPackages(python, plain, context)).length === 0;
}

async function makeEnvironment(venv: string, spec: PipSpec, context: ItemContext): Promise<void> {
  if (venv === SYSTEM || existsSync(pythonOf(venv))) return;
  const uv = findProgram("uv", context.env["PATH"]);
  const python = spec.python ?? "";
  const version = python === "" ? "python3" : `python${python}`;
  const command =
    uv === undefined
      ? [findProgram(version, context.env["PATH"]) ?? version, "-m", "venv", venv]
      : [uv, "venv", ...(python === "" ? [] : ["--python", python]), venv];
  const result = await context.run(command);
  if (result.code === ExitCode.ok) return;
  const hint = uv === undefined ? ` (${version} with its venv module has to be there, or uv)` : "";
  throw new Error(`venv: expected to make "${venv}", got exit code ${result.code}${hint}`);
}

async function install(
  { venv, python, packages, requirements, spec }: Omit<Wanted, "fingerprint" | "key"> & { venv: string },
  context: ItemContext,
): Promise<void> {
  const uv = spec.tool === "pip" ? undefined : findProgram("uv", context.env["PATH"]);
  if (spec.tool === "uv" && uv === undefined) context.log.info("There is no uv; pip installs instead");
  const tool = uv === undefined ? [python, "-m", "pip"] : [uv, "pip"];
  using constraints = await constraintsOf(spec, tool, python, context);
  const command = [
    ...tool,
    "install",
    ...(uv === undefined
      ? ["--no-cache-dir", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
      : ["--no-cache", "--no-progress", "--python", python]),
    ...(venv === SYSTEM ? ["--break-system-packages"] : []),
    ...(constraints === undefined ? [] : ["--constraint", constraints.path]),
    ...splitWords(spec.args ?? ""),
    ...requirements.flatMap((path) => ["--requirement", path]),
    ...packages,
  ];
  const result = await context.run(command);
  if (result.code === ExitCode.ok) return;
  const conflict = conflictOf(result.output);
  if (conflict !== undefined) throw new FinalError(conflict);
  const last = result.output.trim().split("\n").at(-1) ?? "";
  throw new Error(
    `expected ${uv === undefined ? "pip" : "uv"} to end with 0, got ${result.code}: ${last.trim()}`,
  );
}

/** A file with the versions that are there, for `constraints: installed`, or the file that is named. */
async function constraintsOf(spec: PipSpec, tool: string[], python: string, context: ItemContext) {
  if (spec.constraints === undefined) return undefined;
  if (spec.constraints !== "installed") return { path: spec.constraints, [Symbol.dispose]: () => undefined };
  const own = tool.at(-1) === "pip" && tool.length === 2 ? ["--python", python] : [];
  const frozen = await context.run([...tool, "freeze", ...own], { quiet: true });
  if (frozen.code !== ExitCode.ok)
    throw new Error("constraints: expected a list of what is installed, got none");
  const file = scratchFile("constraints.txt");
  const lines = frozen.output.split("\n").filter((line) => /^[\w.-]+==\S+$/.test(line));
  writeFileSync(file.path, `${lines.join("\n")}\n`);
  return file;
}
