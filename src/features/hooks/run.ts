import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { IDENTIFIER } from "../../env/session.ts";
import { readIfExists } from "../../sys/fs.ts";
import type { BootContext } from "../step.ts";
import { scratchDirectory } from "./scratch.ts";
import { readScript } from "./script.ts";
import { bashCommand, parseDump } from "./wrapper.ts";

/** Variables that a shell sets for itself, and the helpers of the wrapper under `set -a`. */
const OWN = /^(?:PWD|OLDPWD|SHLVL|_|SHELLOPTS|BASHOPTS|BASH_.*|__ai_dock_.*)$/;

/** Exported functions have names that are no identifiers. */
const isExport = (name: string) => IDENTIFIER.test(name) && !OWN.test(name);

export interface Hook {
  /** The name its output is logged under. */
  name: string;
  path: string;
  /** Seconds until it and all it started are ended; 0 or absent: no limit. */
  timeout?: number;
}

export interface HookResult {
  code: number;
  milliseconds: number;
  /** How many variables it set, changed or unset. */
  exported: number;
}

/**
 * Runs a user's script, executed or sourced in style, and takes over what it exports into `context.env`.
 * The user's file is never changed. Throws with an errno `code` when the script cannot be read.
 */
export async function runHook(context: BootContext, { name, path, timeout }: Hook): Promise<HookResult> {
  const script = readScript(path);
  if (script.kind === "bash" && script.empty) return { code: 0, milliseconds: 0, exported: 0 };
  using scratch = scratchDirectory();
  let file = path;
  if (script.kind !== "binary" && script.mended !== undefined) {
    file = `${scratch.path}/${basename(path)}`;
    writeFileSync(file, script.mended, { mode: 0o700 });
  }
  const dump = `${scratch.path}/environment`;
  const started = performance.now();
  const { code } = await context.runLogged({
    name,
    command: script.kind === "bash" ? bashCommand({ ...script, path, file, dump }) : direct(script, file),
    env: context.env,
    ...(timeout === undefined ? {} : { timeout }),
  });
  const left = script.kind === "bash" ? parseDump(readIfExists(dump) ?? "") : undefined;
  const exported = left === undefined ? 0 : applyExports(context.env, left);
  return { code, milliseconds: Math.round(performance.now() - started), exported };
}

function direct(script: Exclude<ReturnType<typeof readScript>, { kind: "bash" }>, file: string): string[] {
  return script.kind === "binary" ? [file] : [...script.command, file];
}

/** Makes `env` what a script left behind: set, changed and unset variables. Returns how many changed. */
function applyExports(env: Record<string, string>, left: Map<string, string>): number {
  let changed = 0;
  for (const [name, value] of left) {
    if (!isExport(name) || env[name] === value) continue;
    env[name] = value;
    changed++;
  }
  for (const name of Object.keys(env).filter((other) => isExport(other) && !left.has(other))) {
    delete env[name];
    changed++;
  }
  return changed;
}
