import { chmodSync, chownSync, existsSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { errnoOf, messageOf } from "../../errors.ts";
import { ensureDirectory, readIfExists, writeFileAtomic } from "../../sys/fs.ts";

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;
/** sshd trusts nothing below a directory that others may write to. */
const WRITABLE_BY_OTHERS = 0o022;

type Warn = (message: string) => void;

/** Writes authorized_keys when it changes, and makes its path one that sshd trusts. Never throws. */
export function storeKeys(home: string, lines: string[], warn: Warn): void {
  const directory = `${home}/.ssh`;
  const path = `${directory}/authorized_keys`;
  const attempt = (what: string, action: () => void) => {
    try {
      action();
    } catch (error) {
      warn(`"${what}": ${messageOf(error)}; left as it is`);
    }
  };
  if (lines.length === 0 && !existsSync(directory)) return;
  attempt(directory, () => {
    if (!existsSync(directory)) ensureDirectory(directory, DIRECTORY_MODE);
    secure(home, (mode) => mode & ~WRITABLE_BY_OTHERS);
    secure(directory, () => DIRECTORY_MODE);
  });
  attempt(path, () => write(path, lines.map((line) => `${line}\n`).join(""), warn));
}

function write(path: string, content: string, warn: Warn): void {
  const current = readIfExists(path);
  if (current === undefined && content === "") return;
  // A symlink stays one: the provider's volume may be behind it.
  const target = current === undefined ? path : realpathSync(path);
  if (current !== content) {
    try {
      writeFileAtomic(target, content, FILE_MODE);
    } catch (error) {
      if (errnoOf(error) !== "EBUSY") throw error;
      // Mounted as a single file: rename cannot replace it, its content can still be.
      writeFileSync(target, content);
      warn(
        `"${path}" is a mount: keys were added to the mounted file; use ${path}_mount to keep yours as is`,
      );
    }
  }
  secure(target, () => FILE_MODE);
}

/** Sets mode and owner where they differ. */
function secure(path: string, wanted: (mode: number) => number): void {
  const { mode, uid, gid } = statSync(path);
  const now = mode & 0o7777;
  const own = process.geteuid?.() ?? 0;
  if (uid !== own) chownSync(path, own, gid);
  if (wanted(now) !== now) chmodSync(path, wanted(now));
}
