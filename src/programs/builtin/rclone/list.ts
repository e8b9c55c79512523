import { statSync } from "node:fs";
import { z } from "zod";
import { run } from "../../../sys/exec.ts";
import { DEFAULT_CONFIG, rcloneEnvironment } from "./environment.ts";
import { fingerprints } from "./fingerprint.ts";

const LIMIT_MILLISECONDS = 15_000;
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
  /** Why the configuration file gives none, in one line. */
  problem?: string;
}

let known: { key: string; listing: Promise<Listing> } | undefined;

/**
 * The remotes that rclone's configuration and `RCLONE_CONFIG_*` define, as rclone itself reads them. Asked
 * again only when one of the two has changed. A file that it cannot read costs the remotes in it alone.
 */
export async function listRemotes(env: Record<string, string>): Promise<Listing> {
  const own = rcloneEnvironment(env);
  const file = statSync(own["RCLONE_CONFIG"] ?? DEFAULT_CONFIG, { throwIfNoEntry: false });
  if (!hasVariables(own) && (file === undefined || file.size === 0))
    return { remotes: [], env: own, fingerprints: {} };
  const key = JSON.stringify([own, file?.ino, file?.size, file?.mtimeMs]);
  if (known?.key !== key) known = { key, listing: ask(own) };
  return known.listing;
}

/** True where remotes are configured, readable or not; does not ask rclone. */
export function isConfigured(env: Record<string, string>): boolean {
  const own = rcloneEnvironment(env);
  const size = statSync(own["RCLONE_CONFIG"] ?? DEFAULT_CONFIG, { throwIfNoEntry: false })?.size ?? 0;
  return hasVariables(own) || size > 0;
}

function hasVariables(env: Record<string, string>): boolean {
  return Object.keys(env).some((name) => /^RCLONE_CONFIG_.+_TYPE$/i.test(name));
}

async function ask(env: Record<string, string>): Promise<Listing> {
  const [listed, prints] = await Promise.all([list(env), fingerprints(env)]);
  if (typeof listed !== "string") return { remotes: distinct(listed), env, fingerprints: prints };
  const path = env["RCLONE_CONFIG"] ?? DEFAULT_CONFIG;
  const problem = `RCLONE_CONFIG: expected a configuration that rclone can read at "${path}", got: ${listed}`;
  const spare = { ...env, RCLONE_CONFIG: "/dev/null" };
  const others = hasVariables(env) ? await list(spare) : [];
  const kept = typeof others === "string" ? [] : others;
  const consequence = `${kept.length === 0 ? "no remote is" : "its remotes are not"} mounted`;
  return { remotes: kept, env: spare, fingerprints: {}, problem: `${problem}; ${consequence}` };
}

/** The remotes, or in one line why not. */
async function list(env: Record<string, string>): Promise<Remote[] | string> {
  const command = ["rclone", "listremotes", "--json", "--ask-password=false"];
  const { code, stdout, stderr } = await run(command, {
    env,
    signal: AbortSignal.timeout(LIMIT_MILLISECONDS),
  });
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

/** What rclone complained of, without its clock. */
export function lastMessage(text: string): string | undefined {
  const lines = text.split("\n").flatMap((line) => {
    const [, level, message] = /^(?:[\d/]+ [\d:]+ )?(CRITICAL|ERROR) *: *(.*)$/.exec(line) ?? [];
    return level === undefined || message === undefined ? [] : [message.replace(/^Fatal error: /, "")];
  });
  return lines.at(-1);
}

/** rclone finds names in any case; of a file's remote and a variable's of the same name it uses the file's. */
function distinct(remotes: Remote[]): Remote[] {
  const inFile = new Set(
    remotes.filter(({ source }) => source === "file").map(({ name }) => name.toLowerCase()),
  );
  return remotes.filter(({ name, source }) => source === "file" || !inFile.has(name.toLowerCase()));
}
