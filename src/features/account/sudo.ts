import { lstatSync, rmSync } from "node:fs";
import { messageOf } from "../../errors.ts";
import { readIfExists, writeFileAtomic } from "../../sys/fs.ts";
import { isExecutableFile } from "../../sys/which.ts";

const RULE = "/etc/sudoers.d/ai-dock";
const SUDO = ["/usr/bin/sudo", "/usr/local/bin/sudo"];
const MODE = 0o440;

/** True where sudo is installed. */
export const hasSudo = (root = "") => SUDO.some((path) => isExecutableFile(`${root}${path}`));

/** The rule for sudo: by uid, as a name in capitals would be an alias; PATH of the caller, as children's scripts expect. */
export const sudoRule = (uid: number) =>
  `# Written by ai-dock at every boot.\n#${uid} ALL=(ALL:ALL) NOPASSWD: ALL\nDefaults:#${uid} !secure_path\n`;

/**
 * Lets the account with that uid become root without a password, where sudo is; with undefined, takes back what an
 * earlier boot has allowed.
 */
export function setSudoRule(uid: number | undefined, warn: (message: string) => void, root = ""): void {
  const path = `${root}${RULE}`;
  try {
    if (uid === undefined || !hasSudo(root)) {
      if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) rmSync(path);
    } else if (readIfExists(path) !== sudoRule(uid)) writeFileAtomic(path, sudoRule(uid), MODE);
  } catch (error) {
    warn(
      `"${RULE}": ${messageOf(error)}; ${uid === undefined ? "sudo may still ask for no password" : "sudo asks for a password"}`,
    );
  }
}
