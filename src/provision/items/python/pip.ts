import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { ExitCode } from "../../../errors.ts";
import { findProgram } from "../../../sys/which.ts";
import { enterFor, openTargetDirectory } from "../../download/target.ts";
import type { OwnerOf } from "../../ownership.ts";
import { FinalError } from "../../graph/outcome.ts";
import { asEntries } from "../../graph/works.ts";
import { openTrusted } from "../../manifest/trust.ts";
import type { PipSpec } from "../../manifest/schema.ts";
import { fingerprintOf } from "../../state/record.ts";
import type { ItemContext, Perform, Planner } from "../context.ts";
import type { As } from "../command-options.ts";
import { asProvisioner } from "../owner.ts";
import { environmentRunner } from "../runner.ts";
import { refuseOptions } from "../shell.ts";
import { defaultVenv, pythonOf, SYSTEM, venvDirectory } from "./environment.ts";
import { install, type Installation } from "./install.ts";
import { missingPackages } from "./satisfied.ts";

/** Installs what an environment lacks; makes the environment where there is none. */
export const performPip: Perform<"pip"> = async (item, outer) => {
  const { spec } = item;
  const venv = venvOf(spec, outer);
  const work = async (context: ItemContext) => {
    refuseOptions(asEntries(spec.packages), "packages");
    requirePython(venv, context);
    const isNew = await makeEnvironment(venv, spec, context);
    const wanted = wantedIn(venv, spec, context);
    if (venv !== SYSTEM) await requireWritable(venv, wanted.as, context);
    const key = `pip:${venv}#${item.id}`;
    const fingerprint = fingerprintFor(wanted, context);
    const isRecorded = !isNew && context.stores.get(key)?.fingerprint === fingerprint;
    if (await isSatisfied(wanted, isRecorded, context)) return { state: "unchanged" as const };
    await install(wanted, context);
    context.stores.set(key, { fingerprint, source: item.label, at: new Date().toISOString() });
    return { state: "done" as const };
  };
  return outer.lanes.run(`env:${venv}`, async () => outer.stores.alone(`pip:${venv}`, outer, work));
};

export const planPip: Planner<"pip"> = async ({ id, spec }, context) => {
  const venv = venvOf(spec, context);
  if (!existsSync(pythonOf(venv, context.env["PATH"])))
    return {
      action: "do",
      detail: venv === SYSTEM ? "needs python3, which is not there yet" : `makes ${venv}`,
    };
  const wanted = wantedIn(venv, spec, context);
  // Files of a repository may not be there yet.
  if (!wanted.requirements.every((path) => existsSync(path))) return { action: "unknown" };
  const isRecorded = context.stores.get(`pip:${venv}#${id}`)?.fingerprint === fingerprintFor(wanted, context);
  return { action: (await isSatisfied(wanted, isRecorded, context)) ? "unchanged" : "do" };
};

const venvOf = ({ venv }: PipSpec, context: ItemContext) => {
  if (venv === undefined || venv === "") return defaultVenv(context);
  return venv === SYSTEM ? SYSTEM : venvDirectory(venv, context.env);
};

function wantedIn(venv: string, spec: PipSpec, context: ItemContext): Installation {
  const as = runnerOf(venv, context);
  return {
    python: pythonOf(venv, context.env["PATH"]),
    packages: asEntries(spec.packages),
    requirements: asEntries(spec.requirements),
    // Packages of the system go into the home of another user than root, which uv cannot do.
    spec: venv === SYSTEM && as.owner !== undefined ? { ...spec, tool: "pip" } : spec,
    as,
  };
}

/** Throws FinalError where the system is to have packages and has no Python. */
function requirePython(venv: string, { env }: ItemContext): void {
  if (venv !== SYSTEM || existsSync(pythonOf(venv, env["PATH"]))) return;
  throw new FinalError(
    "pip_packages: expected python3 in this image, got none; install it (apt_packages: [python3-pip])",
  );
}

/** Throws FinalError for an environment that is not for who is to work on it. */
async function requireWritable(venv: string, as: As, context: ItemContext): Promise<void> {
  if (as.owner === undefined) return;
  const { code } = await context.run(["test", "-w", venv], { as, quiet: true });
  if (code === ExitCode.ok) return;
  throw new FinalError(
    `venv: expected an environment that user ${as.owner.uid} can write to, got "${venv}"; give it to that user (chown -R), or name another`,
  );
}

const runnerOf = (venv: string, context: ItemContext) =>
  venv === SYSTEM ? asProvisioner(context) : environmentRunner(venv, ["bin", "bin/python", "lib"], context);

const fingerprintFor = ({ spec, requirements, as }: Installation, { trust }: ItemContext) =>
  // What another user than root installs is that user's own affair.
  fingerprintOf([spec, requirements.map((path) => textOf(path, as.owner === undefined ? trust : undefined))]);

/** The text of a file of requirements. It decides what root runs: its owner counts as that of a manifest does. */
function textOf(path: string, trust: ItemContext["trust"] | undefined): string {
  const found = openTrusted(path, { uids: trust?.uids ?? "all", isOthersWritable: true });
  if (found === undefined) throw new FinalError(`requirements: expected a file, got none at "${path}"`);
  if ("problem" in found) throw new FinalError(`requirements: "${path}": ${found.problem}`);
  return found.text;
}

/** Plain packages are looked at; of files and options, a record says that they were installed, and packages may be gone since. */
async function isSatisfied(
  wanted: Installation,
  isRecorded: boolean,
  context: ItemContext,
): Promise<boolean> {
  const { packages, requirements, spec, python, as } = wanted;
  const isPlain = requirements.length === 0 && (spec.args ?? "") === "";
  if (!isPlain && !isRecorded) return false;
  // Those with an extra are as good as their record.
  const plain = isRecorded ? packages.filter((name) => !/[[@/]/.test(name)) : packages;
  return (await missingPackages(python, as, plain, context)).length === 0;
}

/** True when an environment was made; one whose making was cut is made anew. */
async function makeEnvironment(venv: string, spec: PipSpec, context: ItemContext): Promise<boolean> {
  if (venv === SYSTEM) return false;
  const mark = `venv:${venv}#making`;
  if (existsSync(pythonOf(venv)) && context.stores.get(mark) === undefined) return false;
  // Throws where the way there leads through links of others.
  using parent = openTargetDirectory(dirname(venv), context.ownerOf);
  // Who is to own it need not be allowed to make a folder there.
  const ownerOf: OwnerOf = (directory) => context.ownerOf(directory) ?? asProvisioner(context).owner;
  enterFor(parent, basename(venv), ownerOf)[Symbol.dispose]();
  const as = runnerOf(venv, context);
  const uv = findProgram("uv", context.env["PATH"]);
  const python = spec.python ?? "";
  const version = python === "" ? "python3" : `python${python}`;
  const command =
    uv === undefined
      ? [findProgram(version, context.env["PATH"]) ?? version, "-m", "venv", "--clear", venv]
      : [
          uv,
          "venv",
          as.owner === undefined ? "--clear" : "--allow-existing",
          ...(python === "" ? [] : ["--python", python]),
          venv,
        ];
  context.stores.set(mark, { fingerprint: "", source: venv, at: new Date().toISOString() });
  const result = await context.run(command, { as });
  if (result.code === ExitCode.ok) {
    context.stores.delete(mark);
    return true;
  }
  const hint = uv === undefined ? ` (${version} with its venv module has to be there, or uv)` : "";
  throw new Error(`venv: expected to make "${venv}", got exit code ${result.code}${hint}`);
}
