import { ExitCode } from "../../../errors.ts";
import { isRoot } from "../../../sys/users.ts";
import { DEFAULT_PATH } from "../../../sys/which.ts";
import type { CommandResult, ItemContext } from "../context.ts";
import { failure } from "../shell.ts";

/** Which variable has the token for a private repository, by host. git sends a credential to no other host. */
const tokens: [host: string, user: string, ...names: string[]][] = [
  ["github.com", "x-access-token", "GITHUB_TOKEN", "GH_TOKEN"],
  ["gitlab.com", "oauth2", "GITLAB_TOKEN"],
  ["huggingface.co", "token", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"],
];

/** Git as one user, in one directory. */
export interface Git {
  /** Runs git and gives what it writes. Throws an error with what git said last. */
  run(...args: string[]): Promise<string>;
  /** Runs git and gives its exit code and output. */
  try(...args: string[]): Promise<CommandResult>;
}

/**
 * Git in a directory. A repository of another user is looked at as that user: what is configured in it would be run with
 * the rights of root.
 */
export function gitIn(
  directory: string,
  owner: { uid: number; gid: number } | undefined,
  context: ItemContext,
): Git {
  const isOther = isRoot() && owner !== undefined && owner.uid !== 0;
  // Without our environment: what the owner has configured could send the tokens in it anywhere.
  const prefix = isOther
    ? [
        "setpriv",
        `--reuid=${owner.uid}`,
        `--regid=${owner.gid}`,
        "--clear-groups",
        "--",
        "env",
        "-i",
        `PATH=${context.env["PATH"] ?? DEFAULT_PATH}`,
        "GIT_TERMINAL_PROMPT=0",
      ]
    : [];
  const env = gitEnvironment(context.env);
  const attempt = async (args: string[], quiet: boolean) =>
    context.run([...prefix, "git", "-C", directory, ...args], { env, quiet });
  return {
    async run(...args) {
      const result = await attempt(args, false);
      if (result.code !== ExitCode.ok) throw failure(`git ${args[0]}`, result);
      return result.output;
    },
    try: async (...args) => attempt(args, true),
  };
}

/** Nobody is there to type a password; tokens go by the environment, never by words that `ps` shows. */
function gitEnvironment(env: Readonly<Record<string, string>>): Record<string, string> {
  const settings: [string, string][] = [];
  for (const [host, user, ...names] of tokens) {
    const name = names.find((candidate) => (env[candidate] ?? "") !== "");
    if (name === undefined) continue;
    const key = `credential.https://${host}.helper`;
    // An empty helper first: only ours is asked.
    settings.push(
      [key, ""],
      [key, `!f() { test "$1" = get && echo username=${user} && echo "password=$${name}"; }; f`],
    );
  }
  const configuration = settings.flatMap(([key, value], index): [string, string][] => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return {
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "",
    GIT_SSH_COMMAND: env["GIT_SSH_COMMAND"] ?? "ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new",
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(configuration),
  };
}
