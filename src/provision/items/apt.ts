import { ExitCode } from "../../errors.ts";
import { isRoot } from "../../sys/users.ts";
import { FinalError } from "../graph/outcome.ts";
import type { ItemContext, Perform, Planner } from "./context.ts";
import { failure, refuseOptions } from "./shell.ts";

const OPTIONS = [
  "Acquire::Retries=3",
  "DPkg::Lock::Timeout=600",
  // A file of `write_files` may be there already; nobody answers a question on it.
  "Dpkg::Options::=--force-confdef",
  "Dpkg::Options::=--force-confold",
];
const APT = ["apt-get", "-q", ...OPTIONS.flatMap((option) => ["-o", option])];

/** Room for a line on each package of a large image. */
const MOST_LIST = 16 * 1024 * 1024;

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
    const command = [...APT, "install", "-y", "--no-install-recommends", "--", ...missing];
    let install = await context.run(command, { env });
    if (install.output.includes("dpkg was interrupted")) {
      context.log.info("An earlier installation was cut; it is brought to its end first");
      await context.run(["dpkg", "--configure", "-a", "--force-confdef", "--force-confold"], { env });
      install = await context.run(command, { env });
    }
    if (install.code !== ExitCode.ok) throw aptError(install.output) ?? failure("apt-get install", install);
    return { state: "done", detail: missing.join(" ") };
  });

export const planApt: Planner<"apt"> = async ({ spec }, context) => {
  const missing = await missingPackages(spec.packages, context);
  return missing.length === 0 ? { action: "unchanged" } : { action: "do", detail: missing.join(" ") };
};

/** `name`, `name:architecture`, `name=version` or `name/release`; virtual packages are there where another provides them. */
async function missingPackages(packages: readonly string[], context: ItemContext): Promise<string[]> {
  const { output } = await context.run(
    [
      "dpkg-query",
      "-W",
      "-f",
      "${db:Status-Status}\\t${Package}\\t${Architecture}\\t${Version}\\t${Provides}\\n",
    ],
    { quiet: true, output: MOST_LIST },
  );
  const installed = new Map<string, string>();
  const provided = new Set<string>();
  for (const line of output.split("\n")) {
    const [status, name = "", architecture = "", version = "", provides = ""] = line.split("\t");
    if (status !== "installed") continue;
    installed.set(name, version);
    installed.set(`${name}:${architecture}`, version);
    for (const word of provides.split(",")) provided.add(word.trim().split(/[\s(]/)[0] ?? "");
  }
  return packages.filter((word) => {
    const [, name = word, version] = /^([^=/]+)(?:=(.+)|\/.+)?$/.exec(word) ?? [];
    const there = installed.get(name);
    if (there === undefined) return version !== undefined || !provided.has(name);
    return version !== undefined && version !== there;
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
