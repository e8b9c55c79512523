import { ExitCode } from "../../../errors.ts";
import { isRoot } from "../../../sys/users.ts";
import type { CommandResult } from "../command-options.ts";
import type { ItemContext } from "../context.ts";
import { asOwner, type Owner } from "../owner.ts";
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
  /** Runs git and gives what it writes. Throws an error with what git said last. */
  run(...args: string[]): Promise<string>;
  /** Runs git and gives its exit code and output. */
  try(...args: string[]): Promise<CommandResult>;
  /** Runs another command there, as the same user. */
  command(...words: string[]): Promise<CommandResult>;
}

/**
 * Git in a directory. A repository of another user is looked at as that user, without our environment: what is configured
 * in it would be run with the rights of root, and could send the tokens in the environment anywhere.
 */
export function gitIn(
  directory: string,
  owner: Owner | undefined,
  context: ItemContext,
  credential?: Remote["credential"],
): Git {
  const as = asOwner(owner, context);
  const env = { ...as.env, ...(as.isClean ? plainEnvironment : gitEnvironment(context.env, credential)) };
  const { prefix, isClean } = as;
  const attempt = async (words: string[], quiet: boolean) =>
    context.run([...prefix, ...words], { env, isClean, quiet, cwd: directory });
  return {
    async run(...args) {
      const result = await attempt(["git", ...args], false);
      if (result.code !== ExitCode.ok) throw failure(`git ${args[0]}`, result);
      return result.output;
    },
    try: async (...args) => attempt(["git", ...args], true),
    command: async (...words) => attempt(words, true),
  };
}

/** Nobody is there to type a password, and no look at a repository takes its lock. */
const plainEnvironment = { GIT_TERMINAL_PROMPT: "0", GIT_ASKPASS: "", GIT_OPTIONAL_LOCKS: "0" };

/** Tokens go by the environment, never by words that `ps` shows. */
function gitEnvironment(
  env: Readonly<Record<string, string>>,
  credential: Remote["credential"],
): Record<string, string> {
  // Whoever owns the folder around a clone could put hooks of their own into its place meanwhile.
  const settings: [string, string][] = [["core.hooksPath", "/dev/null"]];
  // Images say that all directories are safe: not so for root, who would run what others have configured in theirs.
  if (isRoot()) settings.push(["safe.directory", ""]);
  for (const [scope, user, ...names] of tokens) {
    const name = names.find((candidate) => (env[candidate] ?? "") !== "");
    if (name !== undefined) settings.push(...helper(scope, `echo username=${user}`, name));
  }
  if (credential !== undefined)
    settings.push(...helper(credential.scope, `echo "username=$${USER}"`, PASSWORD));
  const configuration = settings.flatMap(([key, value], index): [string, string][] => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return {
    ...plainEnvironment,
    GIT_SSH_COMMAND: env["GIT_SSH_COMMAND"] ?? "ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new",
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(configuration),
    ...(credential === undefined ? {} : { [USER]: credential.user, [PASSWORD]: credential.password }),
  };
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
