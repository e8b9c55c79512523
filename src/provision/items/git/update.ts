import { ExitCode } from "../../../errors.ts";
import { FinalError } from "../../graph/outcome.ts";
import type { Item } from "../../graph/item.ts";
import type { DirectoryHandle } from "../../../sys/directory-handle.ts";
import type { ItemContext } from "../context.ts";
import { type Git, gitIn } from "./command.ts";
import { remoteOf } from "./credentials.ts";
import { repositoryRunner } from "../runner.ts";

type Repository = Extract<Item, { kind: "git" }>;

/** Brings a repository to the wanted revision; false where it is there. Throws FinalError where something would be lost. */
export async function update(
  item: Repository,
  repository: DirectoryHandle,
  context: ItemContext,
): Promise<boolean> {
  const { spec } = item;
  const { dest } = spec;
  const { url, credential } = remoteOf(spec.url);
  const git = gitIn(repository.sharedPath, repositoryRunner(repository, context), context, credential);
  const top = await git.ask("rev-parse", "--show-prefix");
  const remote = await git.ask("remote", "get-url", "origin");
  if (top.code !== ExitCode.ok || top.output.trim() !== "" || remote.code !== ExitCode.ok)
    throw new FinalError(
      `dest: expected a repository of git or nothing at "${dest}", got something else; left as it is`,
    );
  if (withoutEnd(remote.output.trim()) !== withoutEnd(url))
    throw new FinalError(`url: expected "${dest}" to be a clone of it, got one of another; left as it is`);
  const mark = new Mark(item, context);
  const wasCut = await mark.recover(git);
  const before = (await git.ask("rev-parse", "HEAD")).output.trim();
  const wanted = spec.ref ?? "";
  if (wanted === "" && !spec.pull_if_exists && !wasCut) return false;
  mark.set("fetch");
  await git.run("fetch", "--quiet", "--tags", "origin");
  const changes = (await git.ask("status", "--porcelain", "--untracked-files=no")).output.trim();
  if (changes !== "") {
    mark.remove();
    throw new FinalError(
      `"${dest}" has changes that are not committed; left as it is (${firstLine(changes)})`,
    );
  }
  mark.set("files");
  try {
    if (wanted === "") await pull(git, dest, wasCut);
    else await checkOut(git, wanted, spec.recursive, wasCut);
  } catch (error) {
    // git refuses before it touches a file; what a signal has cut is another matter.
    if (!context.signal.aborted) mark.remove();
    throw error;
  }
  mark.remove();
  return wasCut || (await git.ask("rev-parse", "HEAD")).output.trim() !== before;
}

/** A record of what an update is at: one that was killed would else look like changes of the user's for ever. */
class Mark {
  readonly #key: string;
  readonly #label: string;
  readonly #context: ItemContext;

  constructor({ spec, label }: Repository, context: ItemContext) {
    this.#key = `git:${spec.dest}#update`;
    this.#label = label;
    this.#context = context;
  }

  set(revision: "fetch" | "files"): void {
    const at = new Date().toISOString();
    this.#context.stores.set(this.#key, { fingerprint: "", source: this.#label, revision, at });
  }

  remove(): void {
    this.#context.stores.delete(this.#key);
  }

  /** Clears up behind an update that was killed; true where that had begun to change files. */
  async recover(git: Git): Promise<boolean> {
    const phase = this.#context.stores.get(this.#key)?.revision;
    if (phase === undefined) return false;
    // Locks of processes that are gone: this lock of ours says that none is there.
    await git.command("find", ".git", "-name", "*.lock", "-type", "f", "-delete");
    if (phase !== "files") return false;
    const changes = (await git.ask("status", "--porcelain", "--untracked-files=no")).output.trim();
    if (changes === "") return true;
    this.#context.log.warn("an update was cut; what it left is in `git stash`, and the update begins anew");
    const message = "left by an update that was cut";
    await git.run(...IDENTITY, "stash", "push", "--quiet", "-m", message);
    return true;
  }
}

const IDENTITY = ["-c", "user.name=ai-dock", "-c", "user.email=ai-dock@localhost"];

async function pull(git: Git, dest: string, isForced: boolean): Promise<void> {
  const isBehind = (await git.ask("merge-base", "--is-ancestor", "HEAD", "@{upstream}")).code === ExitCode.ok;
  const words = isForced ? ["reset", "--hard", "--quiet"] : ["merge", "--ff-only", "--quiet"];
  const merged = isBehind ? await git.try(...words, "@{upstream}") : undefined;
  if (merged?.code === ExitCode.ok) return;
  if (merged !== undefined) throw new FinalError(`"${dest}": ${lastLine(merged.output)}; left as it is`);
  throw new FinalError(`"${dest}" has commits of its own, or no branch to follow; left as it is`);
}

/** A branch as the server has it, or a tag or commit, which may not be on any branch. */
export async function checkOut(git: Git, ref: string, recursive: boolean, isForced: boolean): Promise<void> {
  const force = isForced ? ["--force"] : [];
  const isBranch =
    (await git.ask("rev-parse", "--verify", "--quiet", `refs/remotes/origin/${ref}`)).code === ExitCode.ok;
  if (isBranch) {
    const own = (await git.ask("rev-list", "--count", `origin/${ref}..HEAD`)).output.trim();
    const current = (await git.ask("rev-parse", "--abbrev-ref", "HEAD")).output.trim();
    if (current === ref && own !== "0")
      throw new FinalError(`branch "${ref}" has commits of its own; left as it is`);
    await git.run("checkout", "--quiet", ...force, "-B", ref, "--track", `origin/${ref}`);
  } else {
    const isKnown =
      (await git.ask("rev-parse", "--verify", "--quiet", `${ref}^{commit}`)).code === ExitCode.ok;
    if (!isKnown) await git.run("fetch", "--quiet", "origin", ref);
    await git.run("checkout", "--quiet", ...force, "--detach", isKnown ? ref : "FETCH_HEAD");
  }
  if (recursive) await git.run("submodule", "update", "--quiet", "--init", "--recursive", ...force);
}

const withoutEnd = (url: string) => url.replace(/^(\w+:\/\/)[^/@]*@/, "$1").replace(/\/*(\.git)?\/*$/, "");
const firstLine = (text: string) => text.split("\n")[0]?.trim() ?? "";
const lastLine = (text: string) => text.trim().split("\n").at(-1)?.trim() ?? "";
