import { lstatSync, mkdirSync, readlinkSync, realpathSync, rmSync, statSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import type { BootContext, Step } from "../step.ts";
import { sessionVariables } from "../../env/session.ts";
import { shellFile } from "./environment-file.ts";
import { messageOf } from "../../errors.ts";
import { ensureDirectory, isForeign, readIfExists, writeFileAtomic } from "../../sys/fs.ts";
import { runtimePath } from "../../sys/runtime-directory.ts";
import { ROOT_HOME } from "../../sys/users.ts";
import { everyonesBlock, profileScript, rootsBlock, withBlock } from "./bashrc.ts";

/** The boot environment for shells, of mode 0600: it holds secrets. */
export const environmentFile = () => runtimePath("environment.sh");

/** Gives every new shell the boot environment. `root` is a prefix of all paths, for tests. */
export function writeShellEnvironment({ env, log }: BootContext, root = "") {
  const file = `${root}${environmentFile()}`;
  const home = `${root}${ROOT_HOME}`;
  const isHomeForeign = [home, `${home}/.bashrc`].some(isForeign);
  const bashrc = isHomeForeign ? `${root}/etc/bash.bashrc` : `${home}/.bashrc`;
  const block = isHomeForeign ? everyonesBlock(file) : rootsBlock(file);
  const targets: [path: string, write: (path: string) => void][] = [
    [file, (path) => writeSecret(path, shellFile(env))],
    [bashrc, (path) => changeFile(path, 0o644, (text) => withBlock(text, block))],
    [`${root}/etc/profile.d/ai-dock.sh`, (path) => changeFile(path, 0o644, () => profileScript(file))],
    // Scripts of images of later versions of the original source this path.
    [`${root}/opt/ai-dock/etc/environment.sh`, (path) => linkTo(path, file)],
  ];
  let written = 0;
  for (const [path, write] of targets) {
    try {
      write(path);
      written++;
    } catch (error) {
      const fix = isHomeForeign && path === bashrc ? ", unless root's home is --tmpfs /root" : "";
      log.warn(`"${path}": ${messageOf(error)}; shells may lack the boot environment${fix}`);
    }
  }
  if (written === 0) return undefined;
  return { message: "Shells get this environment", fields: { variables: sessionVariables(env).length } };
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

/** Makes `path` a symlink to `target` in place of any file; throws for a directory. */
function linkTo(path: string, target: string): void {
  if (linkTarget(path) === target) return;
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  symlinkSync(target, path);
}

function linkTarget(path: string): string | undefined {
  const info = lstatSync(path, { throwIfNoEntry: false });
  return info?.isSymbolicLink() === true ? readlinkSync(path) : undefined;
}

export const shellEnvStep: Step = {
  name: "shell",
  run: async (context) => writeShellEnvironment(context),
};
