import { type Stats, statSync } from "node:fs";
import { z } from "zod";
import { errnoOf } from "../../errors.ts";
import { run } from "../../sys/run.ts";
import { DEFAULT_CONFIG, rcloneEnvironment } from "./environment.ts";
import { fingerprints } from "./fingerprint.ts";
import { lastMessage } from "./control.ts";

const LIMIT_SECONDS = 15;
/** What went wrong is not tried again before; it may take all of the time limit each time. */
const PROBLEM_MILLISECONDS = 10_000;
const NOT_FOUND = 127;

const reply = z.array(
  z.object({ name: z.string(), type: z.string(), source: z.enum(["file", "environment"]).catch("file") }),
);

export type Remote = z.infer<typeof reply>[number];

export interface Listing {
  remotes: Remote[];
  /** What rclone gets to see its remotes by. */
  env: Record<string, string>;
  /** Of each remote in the file, by name (see fingerprint.ts). */
  fingerprints: Record<string, string>;
  /** What is wrong with the configuration and what comes of it, in one line each. */
  problems: string[];
}

let known: { key: string; listing: Promise<Listing>; until?: number } | undefined;
/** The last one that rclone gave, and the environment that it holds for. */
let good: { env: string; listing: Listing } | undefined;

/**
 * The remotes that rclone's configuration and `RCLONE_CONFIG_*` define, as rclone itself reads them. Asked
 * again only when one of the two has changed, or something was wrong a while ago. A file that it cannot read costs the
 * remotes in it alone, and not even those once they are known: a typo takes no mount down. Never throws.
 */
export async function listRemotes(env: Record<string, string>, signal?: AbortSignal): Promise<Listing> {
  const own = rcloneEnvironment(env);
  const file = fileOf(own);
  if (!hasVariables(own) && isEmpty(file)) return { remotes: [], env: own, fingerprints: {}, problems: [] };
  const identity = typeof file === "object" ? [file.ino, file.size, file.mtimeMs] : file;
  const key = JSON.stringify([own, identity]);
  if (known?.key !== key || performance.now() > (known.until ?? Infinity))
    known = { key, listing: ask(own, signal) };
  const mine = known;
  const listing = await mine.listing;
  if (listing.problems.length > 0) mine.until ??= performance.now() + PROBLEM_MILLISECONDS;
  return listing;
}

/** True where remotes are configured, readable or not; does not ask rclone. */
export function isConfigured(env: Record<string, string>): boolean {
  const own = rcloneEnvironment(env);
  return hasVariables(own) || !isEmpty(fileOf(own));
}

/** The configuration file, or why it cannot be looked at, for rclone to tell; undefined when it is not there. */
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

async function ask(env: Record<string, string>, signal: AbortSignal | undefined): Promise<Listing> {
  const limit = () =>
    AbortSignal.any([AbortSignal.timeout(LIMIT_SECONDS * 1000), ...(signal ? [signal] : [])]);
  const [listed, prints] = await Promise.all([list(env, limit()), fingerprints(env, limit())]);
  if (typeof listed !== "string") {
    const { usable, problems } = named(distinct(listed));
    const listing = { remotes: usable, env, fingerprints: prints, problems };
    good = { env: JSON.stringify(env), listing };
    return listing;
  }
  const path = env["RCLONE_CONFIG"] ?? DEFAULT_CONFIG;
  const problem = `RCLONE_CONFIG: expected a configuration that rclone can read at "${path}", got: ${listed}`;
  if (good?.env === JSON.stringify(env))
    return { ...good.listing, problems: [`${problem}; the remotes stay as they are`] };
  const spare = { ...env, RCLONE_CONFIG: "/dev/null" };
  const others = hasVariables(env) ? await list(spare, limit()) : [];
  const { usable, problems } = named(typeof others === "string" ? [] : others);
  const consequence = `${usable.length === 0 ? "no remote is" : "its remotes are not"} mounted`;
  return {
    remotes: usable,
    env: spare,
    fingerprints: {},
    problems: [`${problem}; ${consequence}`, ...problems],
  };
}

/** The remotes, or in one line why not. */
async function list(env: Record<string, string>, limit: AbortSignal): Promise<Remote[] | string> {
  const command = ["rclone", "listremotes", "--json", "--ask-password=false"];
  const { code, stdout, stderr } = await run(command, { env, signal: limit });
  if (limit.aborted) return `no answer within ${LIMIT_SECONDS} s`;
  if (code === NOT_FOUND) return "rclone is not installed";
  if (code !== 0) return lastMessage(stderr) ?? `exit code ${code}`;
  const parsed = reply.safeParse(parseJson(stdout));
  return parsed.success ? parsed.data : "a list that is not understood";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** rclone finds names in any case; of a file's remote and a variable's of the same name it uses the file's. */
function distinct(remotes: Remote[]): Remote[] {
  const inFile = new Set(
    remotes.filter(({ source }) => source === "file").map(({ name }) => name.toLowerCase()),
  );
  return remotes.filter(({ name, source }) => source === "file" || !inFile.has(name.toLowerCase()));
}

/** rclone's own rule (rclone.org/docs, "Valid remote names"). It lists any section, and takes other names for paths. */
const valid = /^[\w\p{L}\p{N}.+@](?:[\w\p{L}\p{N}.+@ -]*[\w\p{L}\p{N}.+@-])?$/u;

function named(remotes: Remote[]): { usable: Remote[]; problems: string[] } {
  const problems = remotes
    .filter(({ name }) => !valid.test(name))
    .map(
      ({ name }) =>
        `Remote ${JSON.stringify(name)}: expected a name of letters, digits, blanks and any of _-.+@; it is not mounted`,
    );
  return { usable: remotes.filter(({ name }) => valid.test(name)), problems };
}
