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
import { gitIn } from "./command.ts";
import { remoteOf } from "./credentials.ts";
import { checkOut, update } from "./update.ts";

type Repository = Extract<Item, { kind: "git" }>;

/** Clones a repository or brings it to the wanted revision, then runs its commands; changes of the user's are never lost. */
export const performGit: Perform<"git"> = async (item, context) => {
  const { spec } = item;
  if (spec.ref?.startsWith("-") === true || spec.url.startsWith("-"))
    throw new FinalError("ref, url: expected no option of git");
  const success = await context.lanes.run("git", async () =>
    context.stores.alone(keyOf(item), context, async (held) => bringRepository(item, held)),
  );
  const commands = spec.post_commands ?? [];
  // As other commands, for the life of the container: what they install mostly is in there.
  const key = `commands:git:${spec.dest}`;
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
const fingerprintFor = ({ spec }: Repository) =>
  fingerprintOf([remoteOf(spec.url).url, spec.ref, spec.recursive]);
const revisionOf = (item: Repository, { stores }: ItemContext) => stores.get(keyOf(item))?.revision;

/** A repository that is to follow its branch is asked about each time. */
function isCurrent(item: Repository, { stores }: ItemContext): boolean {
  const { dest, pull_if_exists: isFollowed } = item.spec;
  if (isFollowed || stores.get(keyOf(item))?.fingerprint !== fingerprintFor(item)) return false;
  return lookAt(`${dest}/.git`) !== undefined && stores.get(`${keyOf(item)}#update`) === undefined;
}

async function keep(item: Repository, context: ItemContext): Promise<void> {
  const { dest } = item.spec;
  const head = await gitIn(dest, lookAt(dest), context).try("rev-parse", "HEAD");
  const revision = head.code === ExitCode.ok ? head.output.trim() : undefined;
  const at = new Date().toISOString();
  context.stores.set(keyOf(item), {
    fingerprint: fingerprintFor(item),
    source: item.label,
    ...(revision === undefined ? {} : { revision }),
    at,
  });
}

/** Clones beside the place and renames: a clone that was cut is never taken for whole. */
async function clone({ spec }: Repository, context: ItemContext): Promise<void> {
  const dest = spec.dest.replace(/\/+$/, "");
  const { url, credential } = remoteOf(spec.url);
  using parent = openTargetDirectory(dirname(dest));
  const temporary = `.${basename(dest)}.ai-dock-clone`;
  const remove = () => rmSync(`${parent.path}/${temporary}`, { recursive: true, force: true });
  remove();
  try {
    const git = gitIn(parent.sharedPath, undefined, context, credential);
    const ref = spec.ref ?? "";
    const submodules = spec.recursive && ref === "" ? ["--recursive"] : [];
    await git.run("clone", "--quiet", ...submodules, "--", url, temporary);
    if (ref !== "") {
      const there = gitIn(`${parent.sharedPath}/${temporary}`, undefined, context, credential);
      await checkOut(there, ref, spec.recursive, false);
    }
    // An empty directory may be in the place.
    renameSync(`${parent.path}/${temporary}`, `${parent.path}/${basename(dest)}`);
  } catch (error) {
    // On a full disk, others need the room.
    remove();
    throw error;
  }
}
