import { chmodSync, copyFileSync, existsSync, renameSync, rmSync } from "node:fs";
import type { BootContext } from "../step.ts";
import { errnoOf, messageOf } from "../../errors.ts";
import { mountAt } from "../../sys/mounts.ts";
import { download, type Timing } from "./download.ts";
import { type ProvisioningPaths, SCRIPT_NAME, writableTarget } from "./paths.ts";
import { parseSource, refuseContent, sha256Of, type Source } from "./source.ts";

/** For root alone: scripts often hold tokens. */
const MODE = 0o700;

export interface Wanted {
  /** URL or path. */
  source: string;
  sha256: string | undefined;
  paths: ProvisioningPaths;
  timing: Timing;
}

/** The script that is in place, if any, and why another one than the wanted one is. */
export interface Obtained {
  path?: string;
  failure?: string;
}

/** Puts the wanted script in place by rename, once whole and checked. On failure the former script stays. */
export async function obtain(context: BootContext, wanted: Wanted): Promise<Obtained> {
  const { directory, fallback } = wanted.paths;
  const mounted = `${directory}/${SCRIPT_NAME}`;
  if (existsSync(mounted) && mountAt(mounted) !== undefined) {
    context.log.warn(`PROVISIONING_SCRIPT: "${mounted}" is a mount, which stays; nothing is downloaded`);
    return { path: mounted };
  }
  const target = writableTarget(wanted.paths);
  const failure = target === undefined ? "no writable directory" : await replace(context, wanted, target);
  if (failure === undefined && target !== undefined) return { path: target };
  const path = [mounted, `${fallback}/${SCRIPT_NAME}`].find((file) => existsSync(file));
  return { ...(path === undefined ? {} : { path }), ...(failure === undefined ? {} : { failure }) };
}

async function replace(context: BootContext, wanted: Wanted, target: string): Promise<string | undefined> {
  const source = parseSource(wanted.source);
  if (source === undefined) return `expected an http(s) or file URL or a path, got another URL`;
  if (source.kind === "file" && source.path === target) return undefined;
  const part = `${target}.${process.pid}.part`;
  try {
    const failure =
      (await fetchTo(context, source, part, wanted.timing)) ??
      refuseContent(part) ??
      (await wrongChecksum(part, wanted.sha256));
    if (failure !== undefined)
      return `expected a script at "${source.label}", got ${failure}${advice(failure)}`;
    chmodSync(part, MODE);
    renameSync(part, target);
    return undefined;
  } catch (error) {
    const isThere = source.kind === "url" || existsSync(source.path);
    const got = errnoOf(error) === "ENOENT" && !isThere ? "no such file" : messageOf(error);
    return `expected a script at "${source.label}", got ${got}`;
  } finally {
    rmSync(part, { force: true });
  }
}

async function fetchTo(context: BootContext, source: Source, file: string, timing: Timing) {
  if (source.kind === "url") return download(context, source, file, timing);
  copyFileSync(source.path, file);
  return undefined;
}

async function wrongChecksum(path: string, sha256: string | undefined): Promise<string | undefined> {
  const actual = await sha256Of(path);
  return sha256 === undefined || actual === sha256 ? undefined : `one with the checksum ${actual}`;
}

const advice = (failure: string) => (failure === "an HTML page" ? " (use the link to the raw file)" : "");
