import type { BootContext, Step } from "../step.ts";
import { sessionVariables } from "../../env/session.ts";
import { shellFile } from "./environment-file.ts";
import { messageOf } from "../../errors.ts";
import { ensureDirectory, isForeign, writeFileAtomic } from "../../sys/fs.ts";
import { ROOT_HOME } from "../../sys/users.ts";
import { everyonesBlock, profileScript, rootsBlock, withBlock } from "./bashrc.ts";
import { changeFile, linkTo } from "./write.ts";

/** Where sessions find the boot environment; root alone may read it, since it holds secrets. */
export const ENVIRONMENT_FILE = "/run/ai-dock/environment.sh";

/** Gives every new shell the boot environment. `root` is put in front of all paths. */
export function writeShellEnvironment({ env, log }: BootContext, root = "") {
  const file = `${root}${ENVIRONMENT_FILE}`;
  const home = `${root}${ROOT_HOME}`;
  const isHomeForeign = [home, `${home}/.bashrc`].some(isForeign);
  const bashrc = isHomeForeign ? `${root}/etc/bash.bashrc` : `${home}/.bashrc`;
  const block = isHomeForeign ? everyonesBlock(file) : rootsBlock(file);
  const targets: [path: string, write: (path: string) => void][] = [
    [file, (path) => writeSecret(path, shellFile(env))],
    [bashrc, (path) => changeFile(path, 0o644, (text) => withBlock(text, block))],
    [`${root}/etc/profile.d/ai-dock.sh`, (path) => changeFile(path, 0o644, () => profileScript(file))],
    // Images built on later versions of the original source it.
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

export const shellEnvStep: Step = {
  name: "shell",
  run: async (context) => writeShellEnvironment(context),
};
