import { appendFileSync } from "node:fs";
import { messageOf } from "../../../errors.ts";
import { readIfExists, writeFileAtomic } from "../../../sys/fs.ts";
import { bindMount } from "../../../sys/libc.ts";
import { lookupUser } from "../../../sys/users.ts";

const PASSWD = "/etc/passwd";
const SHADOW_PASSWD = "/run/ai-dock/passwd";

/** Debian gives system users ids below 1000; this one is as free there as any. */
const SSHD_ID = 991;

/**
 * sshd needs an account of that name for privilege separation. Where the host's /etc/passwd is mounted
 * read-only over ours it may be missing: then a copy with the account is mounted on top, for this
 * container alone. Returns what the user can do when neither is possible.
 */
export function ensureSshdUser(): string | undefined {
  if (lookupUser("sshd") !== undefined) return undefined;
  const line = `sshd:x:${SSHD_ID}:65534::/run/sshd:/usr/sbin/nologin\n`;
  try {
    appendFileSync(PASSWD, line);
    return undefined;
  } catch {
    // Read-only, as the original's compose file mounts it.
  }
  try {
    const passwd = readIfExists(PASSWD) ?? "";
    writeFileAtomic(SHADOW_PASSWD, `${passwd.replace(/\n?$/, "\n")}${line}`, 0o644);
    bindMount(SHADOW_PASSWD, PASSWD);
    return undefined;
  } catch (error) {
    return (
      `${PASSWD} is read-only and has no user "sshd" (${messageOf(error)}); ` +
      `mount it writable, not at all, or add the user on the host: useradd -r -d /run/sshd sshd`
    );
  }
}
