import { lstatSync, mkdirSync, readdirSync, renameSync, type Stats } from "node:fs";
import { basename, dirname } from "node:path";
import { ExitCode } from "../../../errors.ts";
import type { DirectoryHandle } from "../../../sys/directory-handle.ts";
import { openTargetDirectory, targetError } from "../../download/target.ts";
import { giveDirectory } from "../../ownership.ts";
import { FinalError, type Success } from "../../graph/outcome.ts";
import type { Item } from "../../graph/item.ts";
import { fingerprintOf } from "../../state/record.ts";
import type { ItemContext, Perform, Planner } from "../context.ts";
import type { As } from "../command-options.ts";
import { asProvisioner } from "../owner.ts";
import { runShell } from "../shell.ts";
import { defaultVenv } from "../python/environment.ts";
import { gitIn } from "./command.ts";
import { remoteOf } from "./credentials.ts";
import { repositoryRunner } from "../runner.ts";
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
  if (commands.length === 0) return success;
  // For each new state of the repository, and in each container: what they install mostly is in there.
  const key = commandsKeyOf(item);
  const fingerprint = fingerprintOf([commands, await revisionIn(item, context)]);
  if (context.stores.get(key)?.fingerprint === fingerprint) return success;
  // They mostly install packages into the environment that all share.
  await context.lanes.run(`env:${defaultVenv(context)}`, async () => {
    for (const command of commands) await runShell(command, context, spec.dest);
  });
  context.stores.set(key, { fingerprint, source: item.label, at: new Date().toISOString() });
  return { state: "done" };
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
  const isEmpty = there === undefined || (there.isDirectory() && readdirSync(dest).length === 0);
  if (isEmpty) await clone(item, context);
  const isChanged = isEmpty || (await inRepository(item, async (handle) => update(item, handle, context)));
  const revision = await revisionIn(item, context);
  context.stores.set(keyOf(item), {
    fingerprint: fingerprintFor(item),
    source: item.label,
    ...(revision === undefined ? {} : { revision }),
    at: new Date().toISOString(),
  });
  return { state: isChanged ? "done" : "unchanged" };
}

/** The very directory, whatever is put into its place meanwhile. Throws FinalError for anything else. */
async function inRepository<Result>(
  { spec }: Repository,
  action: (repository: DirectoryHandle) => Promise<Result>,
): Promise<Result> {
  using repository = openTargetDirectory(spec.dest);
  return await action(repository);
}

/** The revision that a repository is at, where git knows one. */
async function revisionIn(item: Repository, context: ItemContext): Promise<string | undefined> {
  return inRepository(item, async (repository) => {
    const git = gitIn(repository.sharedPath, repositoryRunner(repository, context), context);
    const { code, output } = await git.ask("rev-parse", "HEAD");
    return code === ExitCode.ok ? output.trim() : undefined;
  });
}

function lookAt(path: string): Stats | undefined {
  return lstatSync(path.replace(/\/+$/, ""), { throwIfNoEntry: false });
}

const keyOf = ({ spec }: Repository) => `git:${spec.dest}`;
const commandsKeyOf = ({ spec }: Repository) => `commands:git:${spec.dest}`;
const fingerprintFor = ({ spec }: Repository) =>
  fingerprintOf([remoteOf(spec.url).url, spec.ref, spec.recursive]);

/** A repository that is to follow its branch is asked about each time. */
function isCurrent(item: Repository, { stores }: ItemContext): boolean {
  const { dest, pull_if_exists: isFollowed } = item.spec;
  if (isFollowed || stores.get(keyOf(item))?.fingerprint !== fingerprintFor(item)) return false;
  return lookAt(`${dest}/.git`) !== undefined && stores.get(`${keyOf(item)}#update`) === undefined;
}

/**
 * Clones in a directory beside the place that nobody else can look into, gives the clone to the owner of the directory
 * around, and renames: one that was cut is never taken for whole, and nobody can plant anything for git to run.
 */
async function clone(item: Repository, context: ItemContext): Promise<void> {
  const { spec } = item;
  const name = basename(spec.dest.replace(/\/+$/, ""));
  const as = asProvisioner(context);
  using parent = openTargetDirectory(dirname(spec.dest.replace(/\/+$/, "")), context.ownerOf);
  const temporary = `.${name}.ai-dock-clone`;
  // Unlike a removal by paths, that of coreutils follows no link that is put there meanwhile.
  const remove = async () => context.run(["rm", "-rf", "--", `./${temporary}`], { cwd: parent.sharedPath });
  await remove();
  // What commands have made of an earlier clone is not there any more.
  context.stores.delete(commandsKeyOf(item));
  try {
    using place = privateDirectory(parent, temporary);
    giveDirectory(place, as.owner);
    await cloneInto(place, spec, as, context);
    const owner = context.ownerOf(parent);
    if (as.owner === undefined && owner !== undefined && isTrusted(owner.uid, context))
      await context.run(["chown", "-hR", `${owner.uid}:${owner.gid}`, "--", CLONE], {
        cwd: place.sharedPath,
      });
    // An empty directory may be in the place.
    renameSync(place.at(CLONE), parent.at(name));
  } catch (error) {
    throw targetError(error, parent.location);
  } finally {
    // On a full disk, others need the room.
    await remove();
  }
}

const CLONE = "clone";

/** What root installs by files of a repository has to stay root's where programs of this container run as that user. */
const isTrusted = (uid: number, { trust: { uids } }: ItemContext) => uids === "all" || uids.includes(uid);

/** Makes a directory that only we can enter. Throws with an errno `code`, and FinalError where another comes in between. */
function privateDirectory(parent: DirectoryHandle, name: string): DirectoryHandle {
  mkdirSync(parent.at(name), { mode: 0o700 });
  const made = parent.child(name);
  const { uid, mode } = made.stat();
  if (uid === process.geteuid?.() && (mode & OTHERS) === 0) return made;
  made[Symbol.dispose]();
  throw new FinalError(`dest: expected "${name}" to be a directory of ours, got another; nothing is cloned`);
}

const OTHERS = 0o077;

async function cloneInto(
  place: DirectoryHandle,
  spec: Repository["spec"],
  as: As,
  context: ItemContext,
): Promise<void> {
  const { url, credential } = remoteOf(spec.url);
  const ref = spec.ref ?? "";
  const submodules = spec.recursive && ref === "" ? ["--recursive"] : [];
  const outside = gitIn(place.sharedPath, as, context, credential);
  // Not linked with a repository on this machine: the clone may get another owner.
  await outside.run("clone", "--quiet", "--no-hardlinks", ...submodules, "--", url, CLONE);
  if (ref === "") return;
  const inside = gitIn(`${place.sharedPath}/${CLONE}`, as, context, credential);
  await checkOut(inside, ref, spec.recursive, false);
}
