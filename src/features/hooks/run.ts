import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { IDENTIFIER } from "../../env/session.ts";
import { AiDockError } from "../../errors.ts";
import { asUser, sessionOf } from "../../sys/as-user.ts";
import { readIfExists } from "../../sys/fs.ts";
import { runtimePath } from "../../sys/runtime-directory.ts";
import type { Account } from "../../sys/users.ts";
import type { BootContext } from "../step.ts";
import { fileFor } from "./other-user.ts";
import { readScript } from "./script.ts";
import { bashCommand, parseDump } from "./wrapper.ts";

/** Variables that a shell sets for itself, and the helpers of the wrapper under `set -a`. */
const OWN = /^(?:PWD|OLDPWD|SHLVL|_|SHELLOPTS|BASHOPTS|BASH_.*|__ai_dock_.*)$/;

/** Exported functions have names that are no identifiers. */
const isExport = (name: string) => IDENTIFIER.test(name) && !OWN.test(name);

export interface Hook {
  /** The log that the output goes to. */
  name: string;
  path: string;
  /** Seconds until the script and all its processes are killed; 0 or absent: no limit. */
  timeout?: number;
  /** Who runs it; absent: we. What another user exports is not taken over: root's programs would get it. */
  user?: Account | undefined;
}

export interface HookResult {
  code: number;
  milliseconds: number;
  /** How many variables the script set, changed or unset. */
  exported: number;
}

/**
 * Runs a user's script, written to be executed or to be sourced, and takes over its exports into `context.env`. The
 * file is never changed. Throws with an errno `code` when the script cannot be read.
 */
export async function runHook(
  context: BootContext,
  { name, path, timeout, user }: Hook,
): Promise<HookResult> {
  const script = readScript(path);
  if (script.kind === "bash" && script.empty) return { code: 0, milliseconds: 0, exported: 0 };
  using scratch = scratchDirectory();
  let file = path;
  if (user !== undefined) file = await fileFor(user, { script, path, scratch: scratch.path });
  else if (script.kind !== "binary" && script.mended !== undefined) {
    file = `${scratch.path}/${basename(path)}`;
    writeFileSync(file, script.mended, { mode: 0o700 });
  }
  const dump = user === undefined ? `${scratch.path}/environment` : "/dev/null";
  const session = user === undefined ? undefined : sessionOf(user);
  const command =
    script.kind === "bash" ? bashCommand({ ...script, path, file, dump }) : direct(script, file);
  const before = { ...context.env };
  const started = performance.now();
  const { code } = await context.runLogged({
    name,
    command: [...asUser(user?.name), ...command],
    env: { ...before, ...session?.env },
    ...(session?.cwd === undefined ? {} : { cwd: session.cwd }),
    ...(timeout === undefined ? {} : { timeout }),
  });
  const left = script.kind === "bash" && user === undefined ? parseDump(readIfExists(dump) ?? "") : undefined;
  const exported = left === undefined ? 0 : applyExports(context.env, before, left);
  return { code, milliseconds: Math.round(performance.now() - started), exported };
}

function direct(script: Exclude<ReturnType<typeof readScript>, { kind: "bash" }>, file: string): string[] {
  return script.kind === "binary" ? [file] : [...script.command, file];
}

/**
 * Takes over the variables that a script set, changed or unset into `env`, which others may have changed since `before`: a
 * script that calls env-store, for one. Returns how many changed.
 */
function applyExports(
  env: Record<string, string>,
  before: Record<string, string>,
  left: Map<string, string>,
): number {
  let changed = 0;
  for (const [name, value] of left) {
    if (!isExport(name) || before[name] === value) continue;
    env[name] = value;
    changed++;
  }
  for (const name of Object.keys(before).filter((other) => isExport(other) && !left.has(other))) {
    delete env[name];
    changed++;
  }
  return changed;
}

/** In memory where possible: exports of scripts may be secret. */
const standardParents = () => ["/run", "/dev/shm", "/tmp", dirname(runtimePath("scratch"))];

const WRITABLE_BY_OTHERS = 0o022;
/** In a directory with this bit only the owner of an entry may rename the entry. */
const STICKY = 0o1000;

/**
 * Makes a directory of mode 0700, which is removed when the result goes out of scope; nobody else can put another one in
 * its place. Throws AiDockError.
 */
export function scratchDirectory(parents = standardParents()): { path: string } & Disposable {
  for (const parent of parents) {
    try {
      if (!keepsNames(parent)) continue;
      const path = mkdtempSync(`${parent}/ai-dock-`);
      return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
    } catch {
      // Read-only or missing; the next parent may do.
    }
  }
  throw new AiDockError(
    `Scripts: expected a writable directory of ${parents.join(", ")} in which others cannot rename our files, got none; not run`,
  );
}

function keepsNames(path: string): boolean {
  const { uid, mode } = statSync(path);
  if (uid !== 0 && uid !== process.geteuid?.()) return false;
  return (mode & WRITABLE_BY_OTHERS) === 0 || (mode & STICKY) !== 0;
}
