import { lstatSync, readdirSync, renameSync, rmSync, type Stats } from "node:fs";
import { basename, dirname } from "node:path";
import { ExitCode } from "../../../errors.ts";
import { openTargetDirectory } from "../../download/target.ts";
import { FinalError, type Success } from "../../graph/outcome.ts";
import type { Item } from "../../graph/item.ts";
import { fingerprintOf } from "../../state/record.ts";
import type { ItemContext, Perform, Planner } from "../context.ts";
import { runShell } from "../shell.ts";
import { defaultVenv } from "../python/environment.ts";
import { type Git, gitIn } from "./command.ts";

type Repository = Extract<Item, { kind: "git" }>;

/** Clones a repository or brings it to the wanted revision, then runs its commands; changes of the user's are never lost. */
export const performGit: Perform<"git"> = async (item, context) => {
  const { spec } = item;
  if (spec.ref?.startsWith("-") === true || spec.url.startsWith("-"))
    throw new FinalError("ref, url: expected no option of git");
  const success = await context.lanes.run("git", async () => bringRepository(item, context));
  const commands = spec.post_commands ?? [];
  const key = `git:${spec.dest}#commands`;
  const fingerprint = fingerprintOf([commands, revisionOf(item, context)]);
  if (commands.length === 0 || context.stores.get(key)?.fingerprint === fingerprint) return success;
  // They mostly install packages into the environment that all share.
  await context.lanes.run(`env:${defaultVenv(context)}`, async () => {
    for (const command of commands) await runShell(command, context, spec.dest);
  });
  context.stores.set(key, { fingerprint, source: item.label, at: new Date().toISOString() });
  return { ...success, state: "done" };
};

export const planGit: Planner<"git"> = async (item, context) => {
  const there = lookAt(item.spec.dest);
  if (there === undefined) return { action: "do", detail: "clones" };
  if (isCurrent(item, context)) return { action: "unchanged" };
  return { action: "do", detail: "updates" };
};

async function bringRepository(item: Repository, context: ItemContext): Promise<Success> {
  const { dest } = item.spec;
  const there = lookAt(dest);
  if (there !== undefined && isCurrent(item, context)) return { state: "unchanged" };
  if (there === undefined || (there.isDirectory() && readdirSync(dest).length === 0))
    await clone(item, context);
  else if (!(await update(item, there, context))) {
    await keep(item, context);
    return { state: "unchanged" };
  }
  await keep(item, context);
  return { state: "done" };
}

function lookAt(path: string): Stats | undefined {
  return lstatSync(path.replace(/\/+$/, ""), { throwIfNoEntry: false });
}

const keyOf = ({ spec }: Repository) => `git:${spec.dest}`;
const fingerprintFor = ({ spec }: Repository) => fingerprintOf([spec.url, spec.ref, spec.recursive]);
const revisionOf = (item: Repository, { stores }: ItemContext) => stores.get(keyOf(item))?.revision;

/** A repository that is to follow its branch is asked about each time. */
function isCurrent(item: Repository, { stores }: ItemContext): boolean {
  return !item.spec.pull_if_exists && stores.get(keyOf(item))?.fingerprint === fingerprintFor(item);
}

async function keep(item: Repository, context: ItemContext): Promise<void> {
  const { dest } = item.spec;
  const revision = (await gitIn(dest, lookAt(dest), context).try("rev-parse", "HEAD")).output.trim();
  const at = new Date().toISOString();
  context.stores.set(keyOf(item), { fingerprint: fingerprintFor(item), source: item.label, revision, at });
}

/** Clones beside the place and renames: a clone that was cut is never taken for whole. */
async function clone({ spec }: Repository, context: ItemContext): Promise<void> {
  const dest = spec.dest.replace(/\/+$/, "");
  using parent = openTargetDirectory(dirname(dest));
  const temporary = `.${basename(dest)}.ai-dock-clone`;
  rmSync(`${parent.path}/${temporary}`, { recursive: true, force: true });
  const git = gitIn(parent.sharedPath, undefined, context);
  const isSimple = spec.ref === undefined || spec.ref === "";
  await git.run(
    "clone",
    "--quiet",
    ...(spec.recursive && isSimple ? ["--recursive"] : []),
    "--",
    spec.url,
    temporary,
  );
  if (!isSimple)
    await checkOut(
      gitIn(`${parent.sharedPath}/${temporary}`, undefined, context),
      spec.ref ?? "",
      spec.recursive,
    );
  // An empty directory may be in the place.
  renameSync(`${parent.path}/${temporary}`, `${parent.path}/${basename(dest)}`);
}

/** Brings a repository to the wanted revision; false where it is there. Throws FinalError where something would be lost. */
async function update({ spec }: Repository, there: Stats, context: ItemContext): Promise<boolean> {
  const { dest } = spec;
  const git = gitIn(dest, there, context);
  const remote = await git.try("remote", "get-url", "origin");
  if (remote.code !== ExitCode.ok)
    throw new FinalError(
      `dest: expected a repository of git or nothing at "${dest}", got something else; left as it is`,
    );
  if (withoutEnd(remote.output.trim()) !== withoutEnd(spec.url))
    throw new FinalError(`url: expected "${dest}" to be a clone of it, got one of another; left as it is`);
  const before = (await git.run("rev-parse", "HEAD")).trim();
  const wanted = spec.ref ?? "";
  if (wanted === "" && !spec.pull_if_exists) return false;
  await git.run("fetch", "--quiet", "--tags", "origin");
  const changes = (await git.try("status", "--porcelain", "--untracked-files=no")).output.trim();
  if (changes !== "")
    throw new FinalError(
      `"${dest}" has changes that are not committed; left as it is (${firstLine(changes)})`,
    );
  if (wanted === "") await pull(git, dest);
  else await checkOut(git, wanted, spec.recursive);
  return (await git.run("rev-parse", "HEAD")).trim() !== before;
}

async function pull(git: Git, dest: string): Promise<void> {
  const merged = await git.try("merge", "--ff-only", "--quiet", "@{upstream}");
  if (merged.code === ExitCode.ok) return;
  throw new FinalError(`"${dest}" has commits of its own, or no branch to follow; left as it is`);
}

/** A branch as the server has it, or a tag or commit, which may not be on any branch. */
async function checkOut(git: Git, ref: string, recursive: boolean): Promise<void> {
  const isBranch =
    (await git.try("rev-parse", "--verify", "--quiet", `refs/remotes/origin/${ref}`)).code === ExitCode.ok;
  if (isBranch) {
    const own = (await git.try("rev-list", "--count", `origin/${ref}..HEAD`)).output.trim();
    const current = (await git.try("rev-parse", "--abbrev-ref", "HEAD")).output.trim();
    if (current === ref && own !== "0")
      throw new FinalError(`branch "${ref}" has commits of its own; left as it is`);
    await git.run("checkout", "--quiet", "-B", ref, "--track", `origin/${ref}`);
  } else {
    const isKnown =
      (await git.try("rev-parse", "--verify", "--quiet", `${ref}^{commit}`)).code === ExitCode.ok;
    if (!isKnown) await git.run("fetch", "--quiet", "origin", ref);
    await git.run("checkout", "--quiet", "--detach", isKnown ? ref : "FETCH_HEAD");
  }
  if (recursive) await git.run("submodule", "update", "--quiet", "--init", "--recursive");
}

const withoutEnd = (url: string) => url.replace(/^(\w+:\/\/)[^/@]*@/, "$1").replace(/\/*(\.git)?\/*$/, "");
const firstLine = (text: string) => text.split("\n")[0]?.trim() ?? "";
