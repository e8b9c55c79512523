import { chmodSync, existsSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../../errors.ts";
import { logger } from "../../log.ts";
import { run } from "../../sys/run.ts";
import { ensureDirectory, writeFileAtomic } from "../../sys/fs.ts";
import { isWholePrivateKey } from "./private-key.ts";

export const SSH_KEYGEN = ["/usr/bin/ssh-keygen", "-q"];

const MODE = 0o600;
const GROUP_AND_OTHERS = 0o077;

const log = logger("sshd");

/**
 * Makes sure that sshd can load an existing host key. Returns its path, or the path of a `copy` where a volume ignores
 * chmod and shows the key to others. Undefined for a damaged key, which is renamed, never deleted.
 */
export async function loadHostKey(path: string, copy: string): Promise<string | undefined> {
  const bytes = readFileSync(path);
  const refusal = isPrivate(path) ? undefined : makePrivate(path);
  const used = refusal === undefined || path === copy ? path : copy;
  if (used !== path) {
    ensureDirectory(dirname(copy), 0o700);
    writeFileAtomic(copy, bytes, MODE);
  }
  if (!isWholePrivateKey(bytes) && !(await canBeLoaded(used))) {
    if (used !== path) rmSync(used);
    setAside(path, bytes.byteLength === 0 ? "an empty file" : "something else");
    return undefined;
  }
  if (used !== path) log.info(`"${path}": ${refusal}; sshd takes the copy "${copy}"`);
  return used;
}

/** True where sshd accepts the mode of a key; sshd asks that of keys of its own user only. */
function isPrivate(path: string): boolean {
  const { uid, mode } = statSync(path);
  return uid !== process.geteuid?.() || (mode & GROUP_AND_OTHERS) === 0;
}

/** Sets the mode; returns what is wrong afterwards, or undefined. */
function makePrivate(path: string): string | undefined {
  const expected = "expected a file that only its owner may read";
  try {
    chmodSync(path, MODE);
    return isPrivate(path) ? undefined : `${expected}, got one whose mode stays as it is`;
  } catch (error) {
    return `${expected}, got ${messageOf(error)}`;
  }
}

/** Asks ssh-keygen, which decides before a key is given up. */
async function canBeLoaded(path: string): Promise<boolean> {
  return (await run([...SSH_KEYGEN, "-y", "-P", "", "-f", path])).code === 0;
}

function setAside(path: string, what: string): void {
  const expected = `"${path}": expected a private key without a passphrase, got ${what}`;
  let aside = `${path}.unusable`;
  for (let number = 2; existsSync(aside); number++) aside = `${path}.unusable-${number}`;
  try {
    renameSync(path, aside);
    // ssh-keygen would overwrite the public half.
    if (existsSync(`${path}.pub`)) renameSync(`${path}.pub`, `${aside}.pub`);
    log.warn(`${expected}; it is now "${aside}", and clients will see another host key`);
  } catch (error) {
    log.warn(`${expected}; it stays (${messageOf(error)}), and clients will see another host key`);
  }
}
