import { readAccountLines } from "../../sys/account-files.ts";
import { isCompat } from "../../env/flavour.ts";
import { isMapped, isRoot } from "../../sys/users.ts";
import { statSync } from "node:fs";
import { type Check, type CheckResult, failed, ok, warning } from "../check.ts";
import { accountOf } from "./account.ts";
import { groupsOf } from "./lines.ts";
import { namedByFile, namedBySetting } from "./named.ts";
import { hasSudo } from "./sudo.ts";

/** The account: is it there, can programs run as it, has it a home? */
export const accountCheck: Check = ({ env, settings }) => {
  const account = accountOf(env);
  if (account === undefined) {
    const reason = namedBySetting(settings, env) ?? namedByFile(env);
    if (reason === undefined) return [];
    return [failed("account", `${reason} names one, and there is none`, "ai-dock logs init, then restart")];
  }
  const { name, uid, home } = account;
  const groups = groupsOf(readAccountLines("/etc/group") ?? [], name);
  const about = `${name}, uid ${uid}, groups ${groups.join(" ")}`;
  if (isRoot() && !isMapped(uid))
    return [failed("account", `uid ${uid} is not mapped into this container`, "run it with 65536 users")];
  const sudo: CheckResult[] =
    isCompat(env) && !hasSudo() ? [warning("account", "sudo is not installed", "apt-get install sudo")] : [];
  const found = statSync(home, { throwIfNoEntry: false });
  if (found?.isDirectory() !== true)
    return [
      failed("account", `its home "${home}" is no directory`, "--tmpfs /home, or a volume there"),
      ...sudo,
    ];
  if (found.uid === uid) return [ok("account", about), ...sudo];
  const message = `its home "${home}" belongs to uid ${found.uid}, not ${uid}`;
  return [warning("account", message, `chown ${uid}:${account.gid} ${home}`), ...sudo];
};
