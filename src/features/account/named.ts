import { readFileSync, statSync } from "node:fs";
import { DEFAULT_ACCOUNT } from "../../env/account-variables.ts";
import { isCompat } from "../../env/flavour.ts";
import type { Settings } from "../../env/schema.ts";
import { DROP_IN_PATTERNS } from "../../dropins/load.ts";
import { globFiles } from "../../dropins/python/glob.ts";
import { findHook, HOOK_DIRECTORY, hookFolder, listHooks, prestopFolder } from "../hooks/find.ts";

/** `$USER_NAME`, `${USER_NAME…}` and `%(ENV_USER_NAME)s`. */
const REFERENCE = /\$\{?USER_NAME\b|%\(ENV_USER_NAME\)/;

/** What is larger is no script. */
const LARGEST_BYTES = 1024 * 1024;

/** What of the environment asks for an account, or undefined. */
export function namedBySetting(settings: Settings, env: Record<string, string>): string | undefined {
  if (isCompat(env)) return "AI_DOCK_FLAVOUR";
  if (settings.PROVISIONING_USER?.includes("USER_NAME") || settings.PROVISIONING_USER === DEFAULT_ACCOUNT)
    return "PROVISIONING_USER";
  return ["USER_NAME", "USER_PASSWORD", "USER_GROUPS"].find((name) => (env[name] ?? "").trim() !== "");
}

/** The first drop-in or hook that names the account, or undefined. */
export function namedByFile(env: Record<string, string>, folders = standardFolders()): string | undefined {
  const hooks = ["preflight.sh", "provisioning.sh"].map((name) => findHook(name, env["PATH"], folders.hooks));
  return [
    ...folders.dropIns.flatMap(globFiles),
    ...listHooks(hookFolder(folders.hooks)),
    ...listHooks(prestopFolder(folders.hooks)),
    ...hooks.filter((path) => path !== undefined),
  ].find(names);
}

const standardFolders = () => ({ dropIns: DROP_IN_PATTERNS, hooks: HOOK_DIRECTORY });

function names(path: string): boolean {
  try {
    const found = statSync(path);
    return found.isFile() && found.size <= LARGEST_BYTES && REFERENCE.test(readFileSync(path, "utf8"));
  } catch {
    // Whoever runs the file says what is wrong with it.
    return false;
  }
}
