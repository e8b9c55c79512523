import { existsSync } from "node:fs";
import { AUTHORIZED_KEYS, countKeys, spareAuthorizedKeys } from "./authorized-keys/store.ts";
import { type Capability, hasCapability, isRoot } from "../../sys/users.ts";
import { isPortTaken } from "../../sys/ports.ts";
import { NEEDS_ROOT, SSHD } from "./prepare.ts";
import { missingRootShell } from "./accounts.ts";
import { type Check, failed, type CheckResult, ok, warning } from "../check.ts";

const NEEDED: Capability[] = ["SETUID", "SETGID", "SYS_CHROOT"];

/** Checks whether logins by ssh can work. */
export const sshCheck: Check = ({ settings, status }) => {
  if (!existsSync(SSHD))
    return [warning("ssh", "openssh-server is not installed", "apt-get install openssh-server")];
  if (!isRoot()) return [warning("ssh", NEEDS_ROOT)];
  const results: CheckResult[] = [];
  const keys = countKeys(AUTHORIZED_KEYS, spareAuthorizedKeys());
  if (keys === 0) {
    const fix = `set SSH_PUBKEY, or mount a file with keys at ${AUTHORIZED_KEYS}_mount, and restart the container`;
    results.push(warning("ssh keys", "no valid public key, so nobody can log in", fix));
  } else results.push(ok("ssh keys", `${keys} valid`));
  results.push(checkPort(settings.SSH_PORT, status?.programs.find(({ name }) => name === "sshd")?.state));
  const shell = missingRootShell();
  if (shell !== undefined) {
    const message = `root's shell "${shell}" is not here, so sshd refuses every login`;
    const fix =
      "install it, set another with usermod -s /bin/bash root, or run the container with --cap-add SYS_ADMIN";
    results.push(failed("ssh shell", message, fix));
  }
  const missing = NEEDED.filter((name) => !hasCapability(name));
  if (missing.length > 0) {
    const fix = missing.map((name) => `--cap-add ${name}`).join(" ");
    results.push(failed("ssh sessions", `capabilities ${missing.join(", ")} are missing; logins fail`, fix));
  }
  return results;
};

function checkPort(port: number, state: string | undefined): CheckResult {
  const name = `port ${port}`;
  if (state === "RUNNING") return ok(name, "sshd listens");
  if (!isPortTaken(port)) return ok(name, "free");
  const fix = "set SSH_PORT to a free port";
  return failed(name, "taken by another process, perhaps the provider's own sshd", fix);
}
