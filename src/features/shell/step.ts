import { lstatSync, mkdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { accountOf } from "../account/account.ts";
import type { BootContext, Step } from "../step.ts";
import { sessionVariables } from "../../env/session.ts";
import { workspaceOf } from "../../env/workspace.ts";
import { shellFile } from "./environment-file.ts";
import { messageOf } from "../../errors.ts";
import { ensureDirectory, isForeign, readIfExists, writeFileAtomic } from "../../sys/fs.ts";
import { isSilent } from "../../sys/silent-mounts.ts";
import { isRoot, ROOT_HOME } from "../../sys/users.ts";
import { everyonesBlock, profileScript, rootsBlock, withBlock } from "./bashrc.ts";
import { linesOf, withLines } from "./block.ts";
import { storedLines } from "./lines.ts";
import { accountEnvironmentFile, environmentFile, SOURCED_FILE } from "./paths.ts";
import { readStatements } from "./statements.ts";

/** Gives every new shell the boot environment. `root` is a prefix of all paths, for tests. */
export function writeShellEnvironment(
  { env, log }: Pick<BootContext, "env"> & { log: Pick<BootContext["log"], "warn"> },
  root = "",
) {
  const file = `${root}${environmentFile()}`;
  const home = `${root}${ROOT_HOME}`;
  const isHomeForeign = [home, `${home}/.bashrc`].some(isForeign);
  const accountFile = `${root}${accountEnvironmentFile()}`;
  const hasAccount = isRoot() && accountOf(env, root) !== undefined;
  const shared = `${root}/etc/bash.bashrc`;
  const sourced = mayDefineFunctions(`${root}${SOURCED_FILE}`, env) ? `${root}${SOURCED_FILE}` : undefined;
  const options = { sourced, isSilent: isSilent(workspaceOf(env)) };
  const files = {
    root: isHomeForeign ? file : undefined,
    account: hasAccount ? accountFile : undefined,
    ...options,
  };
  const blocks = new Map<string, string>();
  if (!isHomeForeign) blocks.set(`${home}/.bashrc`, rootsBlock(file, options));
  if (isHomeForeign || hasAccount) blocks.set(shared, everyonesBlock(files));
  const profile = profileScript(file, accountFile);
  const targets: [path: string, write: (path: string) => void][] = [
    [file, (path) => writeSecret(path, shellFile(env))],
    ...[...blocks].map(([path, block]): (typeof targets)[number] => [
      path,
      () => changeFile(path, 0o644, (text) => withBlock(text, block)),
    ]),
    [`${root}/etc/profile.d/ai-dock.sh`, (path) => changeFile(path, 0o644, () => profile)],
    [accountFile, (path) => writeForAccount(path, env, root)],
    [`${root}${SOURCED_FILE}`, (path) => keepSourcedFile(path, file)],
  ];
  let written = 0;
  for (const [path, write] of targets) {
    try {
      write(path);
      written++;
    } catch (error) {
      const fix = isHomeForeign && path === shared ? ", unless root's home is --tmpfs /root" : "";
      log.warn(`"${path}": ${messageOf(error)}; shells may lack the boot environment${fix}`);
    }
  }
  if (written === 0) return undefined;
  return { message: "Shells get this environment", fields: { variables: sessionVariables(env).length } };
}

/** True for an image whose lines are more than variables, which no shell needs to read again. */
function mayDefineFunctions(file: string, env: Record<string, string>): boolean {
  return !readStatements(storedLines(file, env, () => undefined)).complete;
}

function writeSecret(path: string, content: string): void {
  ensureDirectory(path.slice(0, path.lastIndexOf("/")));
  writeFileAtomic(path, content, 0o600);
}

/**
 * Rewrites a file with the result of `change`, if that differs, and creates missing directories. Symlink, owner and mode of
 * an existing file stay. The text has one character per byte: lines of the user stay as they are in any encoding.
 */
function changeFile(path: string, mode: number, change: (bytes: string) => string): void {
  const current = readIfExists(path, "latin1");
  const wanted = change(current ?? "");
  if (current === wanted) return;
  const bytes = Buffer.from(wanted, "latin1");
  mkdirSync(dirname(path), { recursive: true });
  if (current === undefined) return writeFileAtomic(path, bytes, mode);
  const target = realpathSync(path);
  const there = statSync(target);
  writeFileAtomic(target, bytes, there.mode & 0o7777, there);
}

/** The environment for the account that programs run as, for it and root alone; none without such an account. */
function writeForAccount(path: string, env: Record<string, string>, root: string): void {
  const account = accountOf(env, root);
  if (account === undefined || !isRoot()) return rmSync(path, { force: true });
  writeFileAtomic(path, shellFile(env), 0o640, { uid: 0, gid: account.gid });
}

/**
 * Puts our block into the sourced file of an image that lacks it: one built without the file, with an older one, where a
 * symlink was in its place, or with one of its own. The lines of the image stay. Nothing is written to an image that has
 * the block, so that its folder may be read-only.
 */
function keepSourcedFile(path: string, environment: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true) rmSync(path);
  changeFile(path, 0o644, (text) => withLines(linesOf(text), { file: path, environment }));
}

/** Before the hooks, which source the file that scripts of images do. What is wrong is said by the second time. */
export const firstShellStep: Step = {
  name: "shell",
  async run({ env }) {
    writeShellEnvironment({ env, log: { warn: () => undefined } });
    return undefined;
  },
};

export const shellEnvStep: Step = {
  name: "shell",
  run: async (context) => writeShellEnvironment(context),
};
