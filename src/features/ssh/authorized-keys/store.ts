import { chmodSync, existsSync, realpathSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../../../errors.ts";
import { ensureDirectory, isForeign, readIfExists, writeFileAtomic } from "../../../sys/fs.ts";
import { runtimePath } from "../../../sys/runtime-directory.ts";
import { ROOT_HOME } from "../../../sys/users.ts";
import { parseKeyLine } from "./line.ts";

/** The keys of root. */
export const AUTHORIZED_KEYS = `${ROOT_HOME}/.ssh/authorized_keys`;

/** All keys, where AUTHORIZED_KEYS is read-only or mounted. sshd reads both files. */
export const spareAuthorizedKeys = () => runtimePath("authorized_keys");

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;
/** sshd (StrictModes) trusts no file below a directory that others may write to. */
const WRITABLE_BY_OTHERS = 0o022;

export interface KeyStore {
  /** The home directory, which holds `.ssh/authorized_keys`. */
  home: string;
  /** The file for the keys where `home` is read-only or mounted. */
  spare: string;
}

/**
 * Writes authorized_keys when the keys have changed, and gives the path modes that sshd trusts. A mount of the host keeps
 * its content, owners and modes, for which sshd may refuse the mount: all keys are in the spare file then. Never throws.
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
  // A symlink stays, as a provider may keep the keys on a volume.
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

/** Changes the mode of `path`, if `wanted` differs from the current mode. */
function secure(path: string, wanted: (mode: number) => number): void {
  const now = statSync(path).mode & 0o7777;
  if (wanted(now) !== now) chmodSync(path, wanted(now));
}

/** The number of keys in some files that sshd would accept, each counted once. A missing file has none. */
export function countKeys(...paths: string[]): number {
  const lines = paths.flatMap((path) => (readIfExists(path) ?? "").split("\n")).map(parseKeyLine);
  return new Set(lines.flatMap((line) => (line.kind === "key" ? line.blob : []))).size;
}
