import { chmodSync, existsSync, realpathSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../../../errors.ts";
import { ensureDirectory, isForeign, readIfExists, writeFileAtomic } from "../../../sys/fs.ts";

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;
/** sshd trusts nothing below a directory that others may write to. */
const WRITABLE_BY_OTHERS = 0o022;

export interface KeyStore {
  /** The home directory whose `.ssh/authorized_keys` it is. */
  home: string;
  /** Used instead where that one cannot be written, or is not ours to write. */
  spare: string;
}

/**
 * Writes authorized_keys when it changes, and makes its path one that sshd trusts. What the host has mounted there
 * keeps its content, owners and modes; sshd may refuse it for them, so that all keys are in the spare file then.
 * Never throws.
 */
export function storeKeys({ home, spare }: KeyStore, lines: string[], warn: (message: string) => void): void {
  const path = `${home}/.ssh/authorized_keys`;
  const content = lines.map((line) => `${line}\n`).join("");
  try {
    if (content === "" && !existsSync(path)) return rmSync(spare, { force: true });
    if ([home, dirname(path), path].some(isForeign)) return writeSpare(spare, content);
    prepareDirectory(home, dirname(path));
    write(path, content);
    rmSync(spare, { force: true });
  } catch (error) {
    warn(`"${path}": ${messageOf(error)}; the keys are in "${spare}" instead`);
    try {
      writeSpare(spare, content);
    } catch (second) {
      warn(`"${spare}": ${messageOf(second)}; only keys that were there before work`);
    }
  }
}

function prepareDirectory(home: string, directory: string): void {
  if (!existsSync(directory)) ensureDirectory(directory, DIRECTORY_MODE);
  secure(home, (mode) => mode & ~WRITABLE_BY_OTHERS);
  secure(directory, () => DIRECTORY_MODE);
}

function write(path: string, content: string): void {
  const current = readIfExists(path);
  // A symlink stays one: the provider's volume may be behind it.
  const target = current === undefined ? path : realpathSync(path);
  if (current !== content) writeFileAtomic(target, content, FILE_MODE);
  secure(target, () => FILE_MODE);
}

function writeSpare(path: string, content: string): void {
  ensureDirectory(dirname(path));
  writeFileAtomic(path, content, FILE_MODE);
  // A volume of an orchestrator at /run may be open to all; the folder in it is root's own already.
  if (path.startsWith("/run/")) secure("/run", (mode) => mode & ~WRITABLE_BY_OTHERS);
}

/** Sets the mode where it differs. */
function secure(path: string, wanted: (mode: number) => number): void {
  const now = statSync(path).mode & 0o7777;
  if (wanted(now) !== now) chmodSync(path, wanted(now));
}
