import { basename } from "node:path";
import { splitEntries } from "./entries.ts";
import { readManifest, type ReadManifest } from "./read.ts";

type Environment = Record<string, string | undefined>;

/** The variables that add to a manifest, as vast.ai names them, and the key that each adds to. */
const listVariables: Record<string, (entries: string[], env: Environment) => Record<string, unknown>> = {
  PROVISIONING_APT: (packages) => ({ apt_packages: packages }),
  PROVISIONING_PIP: (packages) => ({ pip_packages: [{ packages }] }),
  PROVISIONING_CONDA: (packages) => ({ conda_packages: [{ packages }] }),
  PROVISIONING_GIT_REPOS: (entries, env) => ({ git_repos: entries.map((entry) => repository(entry, env)) }),
  PROVISIONING_DOWNLOADS: (entries) => ({ downloads: entries.map(downloadOf) }),
};

/** Commands hold commas and semicolons of their own: one a line, or by `;` as vast.ai separates them. */
const COMMANDS = "PROVISIONING_POST_COMMANDS";

/** What the variables PROVISIONING_APT, _PIP, … ask for, each as a manifest of its own. */
export function readLists(env: Environment): ReadManifest[] {
  const found: ReadManifest[] = [];
  for (const [name, build] of Object.entries(listVariables)) {
    const entries = splitEntries(env[name] ?? "");
    if (entries.length > 0) found.push(read(name, build(entries, env), env));
  }
  const commands = commandsOf(env[COMMANDS] ?? "");
  if (commands.length > 0) found.push(read(COMMANDS, { post_commands: commands }, env));
  return found;
}

/** What the variables that a manifest names in `env_merge` hold: downloads as `URL|PATH`. */
export function readMerged(names: string[], env: Environment): ReadManifest[] {
  return names.flatMap((name) => {
    const entries = splitEntries(env[name] ?? "");
    return entries.length === 0 ? [] : [read(name, { downloads: entries.map(downloadOf) }, env)];
  });
}

/** A variable is one line: problems have its name alone. */
function read(name: string, content: Record<string, unknown>, env: Environment): ReadManifest {
  return readManifest(JSON.stringify({ version: 1, ...content }), name, env, false);
}

const fieldsOf = (entry: string) => entry.split("|").map((field) => field.trim());

function downloadOf(entry: string): Record<string, string> {
  const [url = "", dest] = fieldsOf(entry);
  return { url, ...(dest === undefined || dest === "" ? {} : { dest }) };
}

function repository(entry: string, env: Environment): Record<string, string> {
  const [url = "", dest, ref] = fieldsOf(entry);
  const folder = dest === undefined || dest === "" ? defaultDirectory(url, env) : dest;
  return { url, dest: folder, ...(ref === undefined || ref === "" ? {} : { ref }) };
}

/** Where git puts a repository without a destination: in the workspace, by the last word of its URL. */
export function defaultDirectory(url: string, env: Environment): string {
  const workspace = (env["WORKSPACE"] ?? "/workspace").replace(/\/*$/, "");
  return `${workspace}/${basename(url.replace(/\/+$/, "").replace(/\.git$/, ""))}`;
}

function commandsOf(value: string): string[] {
  const separator = value.trim().includes("\n") ? "\n" : ";";
  return value
    .split(separator)
    .map((command) => command.trim())
    .filter((command) => command !== "" && !command.startsWith("#"));
}
