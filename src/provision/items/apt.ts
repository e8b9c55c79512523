import { ExitCode } from "../../errors.ts";
import { isRoot } from "../../sys/users.ts";
import { FinalError } from "../graph/outcome.ts";
import type { ItemContext, Perform, Planner } from "./context.ts";
import { failure, refuseOptions } from "./shell.ts";

const APT = ["apt-get", "-q", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=600"];

/** Installs the packages that are missing, in one transaction. */
export const performApt: Perform<"apt"> = async ({ spec }, context) =>
  context.lanes.run("apt", async () => {
    refuseOptions(spec.packages, "apt_packages");
    const missing = await missingPackages(spec.packages, context);
    if (missing.length === 0) return { state: "unchanged" };
    if (!isRoot())
      throw new FinalError(`expected root, who may install ${missing.join(" ")}; nothing is installed`);
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    const update = await context.run([...APT, "update"], { env });
    // Lists of some sources may do; where they do not, the install says which package there is none of.
    if (update.code !== ExitCode.ok) context.log.warn(`apt-get update ended with ${update.code}`);
    const install = await context.run(
      [...APT, "install", "-y", "--no-install-recommends", "--", ...missing],
      { env },
    );
    if (install.code !== ExitCode.ok) throw aptError(install.output) ?? failure("apt-get install", install);
    return { state: "done", detail: missing.join(" ") };
  });

export const planApt: Planner<"apt"> = async ({ spec }, context) => {
  const missing = await missingPackages(spec.packages, context);
  return missing.length === 0 ? { action: "unchanged" } : { action: "do", detail: missing.join(" ") };
};

async function missingPackages(packages: readonly string[], context: ItemContext): Promise<string[]> {
  const names = packages.map((word) => word.split("=")[0] ?? word);
  const { output } = await context.run(
    [
      "dpkg-query",
      "-W",
      "-f",
      "${Package}\\t${Architecture}\\t${Version}\\t${db:Status-Status}\\n",
      "--",
      ...names,
    ],
    { quiet: true },
  );
  const installed = new Map<string, string>();
  for (const line of output.split("\n")) {
    const [name = "", architecture = "", version = "", status] = line.split("\t");
    if (status !== "installed") continue;
    installed.set(name, version);
    installed.set(`${name}:${architecture}`, version);
  }
  return packages.filter((word) => {
    const [name = "", version] = word.split("=");
    const there = installed.get(name);
    return there === undefined || (version !== undefined && version !== there);
  });
}

/** Packages that no source has: another try finds them no more. */
function aptError(output: string): Error | undefined {
  const names = [
    ...output.matchAll(/Unable to locate package (\S+)|Package '?([^\s']+)'? has no installation candidate/g),
  ];
  if (names.length === 0) return undefined;
  const list = names.map(([, unknown, gone]) => unknown ?? gone).join(", ");
  return new FinalError(`apt_packages: expected packages that the sources of this image have, got ${list}`);
}
