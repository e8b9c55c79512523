import { type Stats, statSync } from "node:fs";
import { z } from "zod";
import { errnoOf, ShellCode } from "../../errors.ts";
import { lazy } from "../../lazy.ts";
import { run } from "../../sys/run.ts";
import { lastMessage } from "./control.ts";
import { DEFAULT_CONFIG, rcloneEnvironment } from "../../env/rclone.ts";

const LIMIT_SECONDS = 15;
/** How long a listing with problems counts: the next attempt may take all of the limit again. */
const PROBLEM_MILLISECONDS = 10_000;

const reply = lazy(() =>
  z.array(
    z.object({ name: z.string(), type: z.string(), source: z.enum(["file", "environment"]).catch("file") }),
  ),
);

const dump = lazy(() => z.record(z.string(), z.record(z.string(), z.unknown())));

export type Remote = z.infer<ReturnType<typeof reply>>[number];

export interface Listing {
  remotes: Remote[];
  /** The environment in which rclone sees these remotes. */
  env: Record<string, string>;
  /**
   * For each remote of the file, by name, a digest of its settings: a running rclone goes on with those it began
   * with. Tokens are left out, as rclone renews them itself.
   */
  fingerprints: Record<string, string>;
  /** Mistakes in the configuration with their consequence, in one line each. */
  problems: string[];
}

/** Asks rclone for its remotes, and remembers the answers. */
class RemoteList {
  #latest: { key: string; listing: Promise<Listing>; until?: number } | undefined;
  /** The last listing without a mistake in the file, and the environment it holds for. */
  #good: { env: string; listing: Listing } | undefined;

  async read(env: Record<string, string>, signal?: AbortSignal): Promise<Listing> {
    const own = rcloneEnvironment(env);
    const file = fileOf(own);
    if (!hasVariables(own) && isEmpty(file)) return { remotes: [], env: own, fingerprints: {}, problems: [] };
    const identity = typeof file === "object" ? [file.ino, file.size, file.mtimeMs] : file;
    const key = JSON.stringify([own, identity]);
    if (this.#latest?.key !== key || performance.now() > (this.#latest.until ?? Infinity))
      this.#latest = { key, listing: this.#ask(own, signal) };
    const latest = this.#latest;
    const listing = await latest.listing;
    if (listing.problems.length > 0) latest.until ??= performance.now() + PROBLEM_MILLISECONDS;
    return listing;
  }

  async #ask(env: Record<string, string>, signal: AbortSignal | undefined): Promise<Listing> {
    const limit = () =>
      AbortSignal.any([AbortSignal.timeout(LIMIT_SECONDS * 1000), ...(signal ? [signal] : [])]);
    const [listed, fingerprints] = await Promise.all([list(env, limit()), digests(env, limit())]);
    if (typeof listed !== "string") {
      const { usable, problems } = withValidNames(distinct(listed));
      const listing = { remotes: usable, env, fingerprints, problems };
      this.#good = { env: JSON.stringify(env), listing };
      return listing;
    }
    const path = env["RCLONE_CONFIG"] ?? DEFAULT_CONFIG;
    const problem = `RCLONE_CONFIG: expected a configuration that rclone can read at "${path}", got: ${listed}`;
    if (this.#good?.env === JSON.stringify(env))
      return { ...this.#good.listing, problems: [`${problem}; the remotes stay as they are`] };
    const spare = { ...env, RCLONE_CONFIG: "/dev/null" };
    const others = hasVariables(env) ? await list(spare, limit()) : [];
    const { usable, problems } = withValidNames(typeof others === "string" ? [] : others);
    const consequence = `${usable.length === 0 ? "no remote is" : "its remotes are not"} mounted`;
    return {
      remotes: usable,
      env: spare,
      fingerprints: {},
      problems: [`${problem}; ${consequence}`, ...problems],
    };
  }
}

const remoteList = new RemoteList();

/**
 * The remotes that rclone's configuration and `RCLONE_CONFIG_*` define, as rclone itself reads them; rclone is asked
 * again when one of the two has changed, or 10 s after a problem. A file that rclone cannot read costs the remotes in
 * that file alone, and none that is known already: a typo takes no mount down. Never throws.
 */
export async function listRemotes(env: Record<string, string>, signal?: AbortSignal): Promise<Listing> {
  return remoteList.read(env, signal);
}

/** True where remotes are configured, readable or not; does not ask rclone. */
export function isConfigured(env: Record<string, string>): boolean {
  const own = rcloneEnvironment(env);
  return hasVariables(own) || !isEmpty(fileOf(own));
}

/** The configuration file, or the errno name of a failed look, which rclone will explain; undefined when not there. */
function fileOf(env: Record<string, string>): Stats | string | undefined {
  try {
    return statSync(env["RCLONE_CONFIG"] ?? DEFAULT_CONFIG, { throwIfNoEntry: false });
  } catch (error) {
    return errnoOf(error) ?? "unreadable";
  }
}

function isEmpty(file: Stats | string | undefined): boolean {
  return file === undefined || (typeof file === "object" && file.size === 0);
}

function hasVariables(env: Record<string, string>): boolean {
  return Object.keys(env).some((name) => /^RCLONE_CONFIG_.+_TYPE$/i.test(name));
}

/** The remotes, or one line on why rclone gives none. */
async function list(env: Record<string, string>, limit: AbortSignal): Promise<Remote[] | string> {
  const command = ["rclone", "listremotes", "--json", "--ask-password=false"];
  const { code, stdout, stderr } = await run(command, { env, signal: limit });
  if (limit.aborted) return `no answer within ${LIMIT_SECONDS} s`;
  if (code === ShellCode.notFound) return "rclone is not installed";
  if (code !== 0) return lastMessage(stderr) ?? `exit code ${code}`;
  return parse(reply, stdout) ?? "a list that is not understood";
}

async function digests(env: Record<string, string>, limit: AbortSignal): Promise<Record<string, string>> {
  const command = ["rclone", "config", "dump", "--ask-password=false"];
  const { code, stdout } = await run(command, { env, signal: limit });
  const remotes = (code === 0 ? parse(dump, stdout) : undefined) ?? {};
  return Object.fromEntries(
    Object.entries(remotes).map(([name, settings]) => [name, digest({ ...settings, token: undefined })]),
  );
}

function digest(settings: Record<string, unknown>): string {
  return new Bun.CryptoHasher("sha256").update(JSON.stringify(settings)).digest("hex");
}

function parse<Schema extends z.ZodType>(schema: () => Schema, text: string): z.output<Schema> | undefined {
  try {
    return schema().parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** rclone ignores case in names; of two remotes with one name, rclone uses the file's. */
function distinct(remotes: Remote[]): Remote[] {
  const inFile = new Set(
    remotes.filter(({ source }) => source === "file").map(({ name }) => name.toLowerCase()),
  );
  return remotes.filter(({ name, source }) => source === "file" || !inFile.has(name.toLowerCase()));
}

/** rclone's own rule (rclone.org/docs, "Valid remote names"). rclone lists any section, and takes other names for paths. */
const validName = /^[\w\p{L}\p{N}.+@](?:[\w\p{L}\p{N}.+@ -]*[\w\p{L}\p{N}.+@-])?$/u;

function withValidNames(remotes: Remote[]): { usable: Remote[]; problems: string[] } {
  const problems = remotes
    .filter(({ name }) => !validName.test(name))
    .map(
      ({ name }) =>
        `Remote ${JSON.stringify(name)}: expected a name of letters, digits, blanks and any of _-.+@; it is not mounted`,
    );
  return { usable: remotes.filter(({ name }) => validName.test(name)), problems };
}
