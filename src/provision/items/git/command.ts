import { ExitCode } from "../../../errors.ts";
import type { As, CommandResult } from "../command-options.ts";
import type { ItemContext } from "../context.ts";
import { failure } from "../shell.ts";
import type { Remote } from "./credentials.ts";

/** Which variable has the token for a private repository, by host. git sends a credential to no other host. */
const tokens: [scope: string, user: string, ...names: string[]][] = [
  ["https://github.com", "x-access-token", "GITHUB_TOKEN", "GH_TOKEN"],
  ["https://gitlab.com", "oauth2", "GITLAB_TOKEN"],
  ["https://huggingface.co", "token", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"],
];

/** Git as one user, in one directory. */
export interface Git {
  /** Runs git. Throws an error with what git said last. */
  run(...args: string[]): Promise<void>;
  /** Asks git something: its exit code, and its answer without warnings. */
  ask(...args: string[]): Promise<CommandResult>;
  /** Runs git and gives its exit code and output. */
  try(...args: string[]): Promise<CommandResult>;
  /** Runs another command there, as the same user. */
  command(...words: string[]): Promise<CommandResult>;
}

/** Git in a directory, as one user; see `repositoryRunner` for repositories that are there. */
export function gitIn(
  directory: string,
  as: As,
  context: ItemContext,
  credential?: Remote["credential"],
): Git {
  const env = gitEnvironment(as, context.env, credential);
  const attempt = async (words: string[], quiet: boolean) =>
    context.run(words, { as, env, quiet, cwd: directory });
  return {
    async run(...args) {
      const result = await attempt(["git", ...args], false);
      if (result.code !== ExitCode.ok) throw failure(`git ${args[0]}`, result);
    },
    ask: async (...args) =>
      context.run(["git", ...args], { as, env, quiet: true, withoutErrors: true, cwd: directory }),
    try: async (...args) => attempt(["git", ...args], true),
    command: async (...words) => attempt(words, true),
  };
}

/**
 * Tokens go by the environment, never by words that `ps` shows. The owner of the workspace gets them as well: an account
 * with that uid has them in its programs, and for any other owner no process is here.
 */
function gitEnvironment(
  { owner, isClean }: As,
  env: Readonly<Record<string, string>>,
  credential: Remote["credential"],
): Record<string, string> {
  // Nobody is there to type a password, and no look at a repository takes its lock.
  const plain = { GIT_TERMINAL_PROMPT: "0", GIT_ASKPASS: "", GIT_OPTIONAL_LOCKS: "0" };
  // Images say that all directories are safe: not so for root, who would run what others have configured in theirs.
  const settings: [string, string][] = [
    ["core.hooksPath", "/dev/null"],
    ["safe.directory", ""],
  ];
  // What they share with root may belong to root.
  if (owner !== undefined) settings.push(["safe.directory", "*"]);
  if (isClean && owner?.uid !== Number(env["WORKSPACE_UID"])) return { ...plain, ...configuration(settings) };
  const secrets: Record<string, string> = {};
  for (const [scope, user, ...names] of tokens) {
    const name = names.find((candidate) => (env[candidate] ?? "") !== "");
    if (name === undefined) continue;
    secrets[name] = env[name] ?? "";
    settings.push(...helper(scope, `echo username=${user}`, name));
  }
  if (credential !== undefined)
    settings.push(...helper(credential.scope, `echo "username=$${USER}"`, PASSWORD));
  return {
    ...plain,
    ...secrets,
    ...configuration(settings),
    GIT_SSH_COMMAND: env["GIT_SSH_COMMAND"] ?? "ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new",
    ...(credential === undefined ? {} : { [USER]: credential.user, [PASSWORD]: credential.password }),
  };
}

function configuration(settings: readonly [string, string][]): Record<string, string> {
  const entries = settings.flatMap(([key, value], index): [string, string][] => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(settings.length), ...Object.fromEntries(entries) };
}

const USER = "AI_DOCK_GIT_USER";
const PASSWORD = "AI_DOCK_GIT_PASSWORD";

/** A credential helper for one host; an empty one first, so that no other is asked. */
function helper(scope: string, user: string, variable: string): [string, string][] {
  const key = `credential.${scope}.helper`;
  return [
    [key, ""],
    [key, `!f() { test "$1" = get && ${user} && echo "password=$${variable}"; }; f`],
  ];
}
