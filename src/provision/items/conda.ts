import { existsSync, readdirSync } from "node:fs";
import { dirname } from "node:path";
import { ExitCode } from "../../errors.ts";
import { findProgram, isExecutableFile } from "../../sys/which.ts";
import { openTargetDirectory } from "../download/target.ts";
import { FinalError } from "../graph/outcome.ts";
import { asEntries } from "../graph/works.ts";
import type { CondaSpec } from "../manifest/schema.ts";
import { fingerprintOf } from "../state/record.ts";
import type { As } from "./command-options.ts";
import { hideChannels } from "./conda-channels.ts";
import type { ItemContext, Perform, Planner } from "./context.ts";
import { environmentRunner } from "./runner.ts";
import { splitWords } from "./python/words.ts";
import { failure, refuseOptions } from "./shell.ts";

/** Where vast.ai's images have theirs. */
const MINIFORGE = "/opt/miniforge3/bin";

/** Installs what an environment of conda lacks; makes the environment where there is none. */
export const performConda: Perform<"conda"> = async (item, outer) => {
  const { spec } = item;
  const prefix = prefixOf(spec, outer);
  const work = async (context: ItemContext) => {
    const packages = asEntries(spec.packages);
    refuseOptions(packages, "packages");
    if (isSatisfied(item.id, spec, context)) return { state: "unchanged" as const };
    const tool = condaTool(context);
    const isNew = !existsSync(`${prefix}/conda-meta`);
    // Making it may have been cut before.
    const python =
      !packagesIn(prefix).has("python") && spec.python !== undefined && spec.python !== ""
        ? [`python=${spec.python}`]
        : [];
    const channels = asEntries(spec.channels);
    const { words, env } = hideChannels(
      channels.length === 0 ? ["conda-forge"] : channels,
      splitWords(spec.args ?? ""),
    );
    const as = isNew ? makerOf(prefix, context) : environmentRunner(prefix, ["conda-meta", "bin"], context);
    const command = [
      tool,
      isNew ? "create" : "install",
      "-y",
      "-p",
      prefix,
      ...words,
      ...python,
      ...packages,
    ];
    const result = await context.run(command, { as, env });
    if (result.code !== ExitCode.ok) throw failure(tool, result);
    const fingerprint = fingerprintOf(spec);
    context.stores.set(`conda:${prefix}#${item.id}`, {
      fingerprint,
      source: item.label,
      at: new Date().toISOString(),
    });
    return { state: "done" as const };
  };
  return outer.lanes.run(`env:${prefix}`, async () => outer.stores.alone(`conda:${prefix}`, outer, work));
};

export const planConda: Planner<"conda"> = async ({ id, spec }, context) => ({
  action: isSatisfied(id, spec, context) ? "unchanged" : "do",
});

/** Who makes an environment: whose the directory around is, as conda wants none in the place. */
function makerOf(prefix: string, context: ItemContext): As {
  using parent = openTargetDirectory(dirname(prefix), context.ownerOf);
  return environmentRunner(parent.location, [], context);
}

function prefixOf({ env: given }: CondaSpec, { env, settings }: ItemContext): string {
  const root = env["MAMBA_ROOT_PREFIX"] ?? "/opt/micromamba";
  const named =
    given !== undefined && given !== "" ? given : (env["PROVISIONER_CONDA_ENV"] ?? settings.conda_env ?? "");
  if (named === "")
    return existsSync("/venv/main/conda-meta")
      ? "/venv/main"
      : `${root}/envs/${env["MAMBA_DEFAULT_ENV"] ?? "base"}`;
  return named.startsWith("/") ? named : `${root}/envs/${named}`;
}

/** Throws FinalError where there is none. */
function condaTool({ env }: ItemContext): string {
  const found = [
    env["MAMBA_EXE"],
    `${MINIFORGE}/mamba`,
    `${MINIFORGE}/conda`,
    ...["micromamba", "mamba", "conda"].map((name) => findProgram(name, env["PATH"])),
  ].find((path) => path !== undefined && isExecutableFile(path));
  if (found !== undefined) return found;
  throw new FinalError("conda_packages: expected micromamba, mamba or conda, got none in this image");
}

/** Exact versions and bare names are looked up in the environment; ranges are as good as their record. */
function isSatisfied(id: string, spec: CondaSpec, context: ItemContext): boolean {
  const prefix = prefixOf(spec, context);
  const isRecorded = context.stores.get(`conda:${prefix}#${id}`)?.fingerprint === fingerprintOf(spec);
  const there = packagesIn(prefix);
  if (there.size === 0) return false;
  return asEntries(spec.packages).every((word) => {
    const [, name = "", version] = /^(?:\S+::)?([\w.-]+)(?:={1,2}([\w.]+))?$/.exec(word.trim()) ?? [];
    const installed = there.get(name);
    // Not a plain name or version.
    if (name === "") return isRecorded;
    if (installed === undefined) return false;
    return version === undefined || installed === version || installed.startsWith(`${version}.`);
  });
}

/** The packages of an environment with their versions. */
function packagesIn(prefix: string): Map<string, string> {
  const meta = `${prefix}/conda-meta`;
  const files = existsSync(meta) ? readdirSync(meta) : [];
  return new Map(
    files.flatMap((file) => {
      const [, name, version] = /^(.+)-([^-]+)-[^-]+\.json$/.exec(file) ?? [];
      return name === undefined || version === undefined ? [] : [[name, version] as const];
    }),
  );
}
