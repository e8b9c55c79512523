import { appendFileSync, readFileSync } from "node:fs";
import { messageOf } from "../../errors.ts";
import { isExecutableFile } from "../../sys/which.ts";
import { writeFileAtomic } from "../../sys/fs.ts";
import { bindMount } from "../../sys/mount-calls.ts";
import { mountAt } from "../../sys/mounts.ts";
import { runtimePath } from "../../sys/runtime-directory.ts";

const PASSWD = "/etc/passwd";

/** The account file, and the copy that is mounted over the account file. */
const standardFiles = () => ({ passwd: PASSWD, copy: runtimePath("passwd") });

/** The range of ids for the user sshd, among those of Debian's system users; the highest free id is taken. */
const SSHD_IDS = { highest: 991, lowest: 100 };

/** The group of user sshd, as in Debian: one that owns no file. */
const NOGROUP = 65_534;

const SHELLS = ["/bin/bash", "/bin/sh"];

/**
 * Provides what sshd wants from passwd(5): a user sshd for privilege separation, and a shell of root that exists. Adds a
 * missing user to the image's own /etc/passwd. A mounted /etc/passwd of the host is never written; a bind mount of a copy
 * covers the file for this container alone. Returns what the user can do when neither is possible, else undefined.
 */
export function ensureAccounts(files = standardFiles()): string | undefined {
  const isMounted = mountAt(files.passwd) !== undefined;
  if (!isMounted) addSshd(files.passwd);
  const text = readPasswd(files.passwd);
  const shell = missingRootShell(files.passwd);
  if (hasSshd(text) && shell === undefined) return undefined;
  try {
    const withSshd = `${text}${hasSshd(text) ? "" : sshdLine(text)}`;
    writeFileAtomic(files.copy, Buffer.from(withRootShell(withSshd), "latin1"), 0o644);
    bindMount(files.copy, files.passwd);
    return undefined;
  } catch (error) {
    const lacks = [
      ...(hasSshd(text) ? [] : ['has no user "sshd"']),
      ...(shell === undefined ? [] : [`gives root the shell "${shell}", which is not here`]),
    ];
    const fixes = [
      "run the container with --cap-add SYS_ADMIN",
      ...(isMounted ? ["without that mount"] : []),
      ...(hasSshd(text) ? [] : ["add the user: useradd -r -d /run/sshd sshd"]),
      ...(shell === undefined ? [] : ["install that shell"]),
    ];
    const what = `${files.passwd}${isMounted ? ", a mount," : ""} ${lacks.join(" and ")}`;
    return `${what}, and no other can be mounted over it (${messageOf(error)}); ${fixes.join(", or ")}`;
  }
}

/** The shell of root if no executable file is there (sshd refuses root then), else undefined. */
export function missingRootShell(passwd = PASSWD): string | undefined {
  const shell = readPasswd(passwd).match(ROOT)?.groups?.["shell"] ?? "";
  return shell === "" || isExecutableFile(shell) ? undefined : shell;
}

/** The line of root: the part in front of the shell, and the shell. */
const ROOT = /^(?<account>root(?::[^:\n]*){5}:)(?<shell>.*)$/m;

const hasSshd = (text: string) => /^sshd:/m.test(text);

/** Adds the user sshd. A failure shows in the file, which is read again. */
function addSshd(passwd: string): void {
  const text = readPasswd(passwd);
  if (hasSshd(text)) return;
  try {
    appendFileSync(passwd, sshdLine(text));
  } catch {
    // A read-only root filesystem.
  }
}

/** The text to append to a passwd(5), whose last line may lack a newline. */
function sshdLine(text: string): string {
  const taken = new Set(text.split("\n").map((line) => line.split(":")[2]));
  let id = SSHD_IDS.highest;
  while (taken.has(String(id)) && id > SSHD_IDS.lowest) id--;
  const end = text === "" || text.endsWith("\n") ? "" : "\n";
  return `${end}sshd:x:${id}:${NOGROUP}::/run/sshd:/usr/sbin/nologin\n`;
}

function withRootShell(text: string): string {
  const shell = SHELLS.find(isExecutableFile);
  return text.replace(ROOT, (line, account: string, current: string) =>
    shell === undefined || current === "" || isExecutableFile(current) ? line : `${account}${shell}`,
  );
}

/** Reads one character per byte, as names may be in any encoding. */
function readPasswd(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
