import type { Problem } from "./document.ts";
import { fetchManifest } from "./fetch.ts";
import { layerManifests } from "./layer.ts";
import { readLists, readMerged } from "./lists.ts";
import { openTrusted, type Trust } from "./trust.ts";
import { MANIFEST_VARIABLE, manifestFiles } from "./places.ts";
import { readManifest, type ReadManifest } from "./read.ts";
import type { Manifest } from "./schema.ts";

export interface LoadOptions {
  env: Record<string, string | undefined>;
  /** Path, URL or text of one manifest instead of those of the container. */
  given?: string;
  signal: AbortSignal;
  trust: Trust;
  /** The folder of the image's manifest; tests have their own. */
  root?: string;
}

/** What is to be provisioned, by all sources together. */
export interface LoadedManifest {
  /** Where it comes from, in the order in which later ones win. */
  sources: string[];
  manifest: Manifest;
  problems: Problem[];
  warnings: Problem[];
}

/** Reads and layers all manifests. What is wrong is among the problems; never throws but when aborted. */
export async function loadManifests(options: LoadOptions): Promise<LoadedManifest> {
  const { env } = options;
  const read =
    options.given === undefined ? await readAll(options) : await readGiven(options.given, "", options);
  const merged = readMerged(
    read.flatMap(({ manifest }) => Object.keys(manifest?.env_merge ?? {})),
    env,
  );
  const all = [...read, ...(options.given === undefined ? readLists(env) : []), ...merged];
  return {
    sources: all.map(({ source }) => source),
    manifest: layerManifests(all.flatMap(({ manifest }) => (manifest === undefined ? [] : [manifest]))),
    problems: all.flatMap(({ problems }) => problems),
    warnings: all.flatMap(({ warnings }) => warnings),
  };
}

async function readAll(options: LoadOptions): Promise<ReadManifest[]> {
  const { env, root = "", trust } = options;
  const read = manifestFiles(env, root).flatMap((path) => {
    const found = openTrusted(path, trust, false);
    return found === undefined ? [] : [readFound(found, path, env)];
  });
  const given = env[MANIFEST_VARIABLE]?.trim() ?? "";
  return given === "" ? read : [...read, ...(await readGiven(given, `${MANIFEST_VARIABLE}: `, options))];
}

function readFound(
  found: { text: string } | { problem: string },
  path: string,
  env: Record<string, string | undefined>,
): ReadManifest {
  if ("text" in found) return readManifest(found.text, path, env);
  return { source: path, problems: [{ source: path, message: found.problem }], warnings: [] };
}

async function readGiven(given: string, prefix: string, options: LoadOptions): Promise<ReadManifest[]> {
  const { env, signal, trust } = options;
  const isText = given.includes("\n") || /^\s*\{|^\s*[\w-]+:\s/.test(given);
  if (isText) return [readManifest(given, prefix === "" ? "manifest" : MANIFEST_VARIABLE, env)];
  if (/^https?:\/\//i.test(given)) {
    const fetched = await fetchManifest(given, signal);
    return [readFound(fetched, fetched.label, env)];
  }
  const found = openTrusted(given.replace(/^file:\/\//, ""), trust) ?? {
    problem: `${prefix}expected a manifest: its path, URL or text; there is no such file`,
  };
  return [readFound(found, given.trim() === "" ? JSON.stringify(given) : given, env)];
}
