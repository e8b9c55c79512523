import { appendFileSync, readFileSync } from "node:fs";
import { messageOf } from "../../errors.ts";
import { isExecutableFile } from "../../sys/which.ts";
import { writeFileAtomic } from "../../sys/fs.ts";
import { bindMount } from "../../sys/libc.ts";
import { mountAt } from "../../sys/mounts.ts";
import { runtimePath } from "../../sys/runtime-directory.ts";

const PASSWD = "/etc/passwd";

/** Where accounts are, and where a copy of them is made. */
const standardFiles = () => ({ passwd: PASSWD, copy: runtimePath("passwd") });

/** Debian gives system users ids below 1000; the first of these that is free is taken. */
const SSHD_IDS = { highest: 991, lowest: 100 };

/** Debian's own sshd has this group, too: the one that owns nothing. */
const NOGROUP = 65_534;

const SHELLS = ["/bin/bash", "/bin/sh"];

/**
 * sshd needs an account of its own for privilege separation, and lets root in only where root's shell exists.
 * A missing account is added to the image's own /etc/passwd. The host's, mounted over it, is never written: a copy
 * is mounted on top, for this container alone. Returns what the user can do when neither is possible.
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

/** Root's shell where it is nothing that can be run, for which sshd refuses root. */
export function missingRootShell(passwd = PASSWD): string | undefined {
  const shell = readPasswd(passwd).match(ROOT)?.groups?.["shell"] ?? "";
  return shell === "" || isExecutableFile(shell) ? undefined : shell;
}

/** The part in front of root's shell, and the shell. */
const ROOT = /^(?<account>root(?::[^:\n]*){5}:)(?<shell>.*)$/m;

const hasSshd = (text: string) => /^sshd:/m.test(text);

/** What cannot be written is seen by what is missing afterwards. */
function addSshd(passwd: string): void {
  const text = readPasswd(passwd);
  if (hasSshd(text)) return;
  try {
    appendFileSync(passwd, sshdLine(text));
  } catch {
    // A read-only root.
  }
}

/** What to put behind the last line of a passwd(5), which may lack its end. */
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

/** As one character a byte: names may be in any encoding. */
function readPasswd(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
