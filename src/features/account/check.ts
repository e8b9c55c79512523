import { readAccountLines } from "../../sys/account-files.ts";
import { isCompat } from "../../env/flavour.ts";
import { type Account, isMapped, isRoot } from "../../sys/users.ts";
import { asUser } from "../../sys/as-user.ts";
import { run } from "../../sys/run.ts";
import { workspaceOf } from "../../env/workspace.ts";
import { isSilent } from "../../sys/silent-mounts.ts";
import { existsSync, statSync } from "node:fs";
import { type Check, type CheckResult, failed, ok, warning } from "../check.ts";
import { accountOf } from "./account.ts";
import { groupsOf } from "./lines.ts";
import { namedByFile, namedBySetting } from "./named.ts";
import { hasSudo } from "./sudo.ts";

/** The account: is it there, can programs run as it, has it a home? */
export const accountCheck: Check = async ({ env, settings }) => {
  const account = accountOf(env);
  if (account === undefined) {
    const reason = namedBySetting(settings, env) ?? namedByFile(env);
    if (reason === undefined) return [];
    return [failed("account", `${reason} names one, and there is none`, "ai-dock logs init, then restart")];
  }
  const { name, uid } = account;
  const groups = groupsOf(readAccountLines("/etc/group") ?? [], name);
  const about = `${name}, uid ${uid}, groups ${groups.join(" ")}`;
  if (isRoot() && !isMapped(uid))
    return [failed("account", `uid ${uid} is not mapped into this container`, "run it with 65536 users")];
  const results = [homeResult(account, about), await workspaceResult(account, env)];
  if (isCompat(env) && !hasSudo())
    results.push(warning("account", "sudo is not installed", "apt-get install sudo"));
  return results.filter((result) => result !== undefined);
};

function homeResult({ home, uid, gid }: Account, about: string): CheckResult {
  if (isSilent(home)) return failed("account", `its home "${home}" does not answer`, "mend its server");
  const found = statSync(home, { throwIfNoEntry: false });
  if (found?.isDirectory() !== true)
    return failed("account", `its home "${home}" is no directory`, "--tmpfs /home, or a volume there");
  if (found.uid === uid) return ok("account", about);
  return warning(
    "account",
    `its home "${home}" belongs to uid ${found.uid}, not ${uid}`,
    `chown ${uid}:${gid} ${home}`,
  );
}

/** Asks as the account: lists of rights, file systems and capabilities all have their say. */
async function workspaceResult({ name, uid, gid }: Account, env: Record<string, string>) {
  const path = workspaceOf(env);
  if (!isRoot() || isSilent(path) || !existsSync(path)) return undefined;
  const { code } = await run([...asUser(name), "/usr/bin/test", "-w", path]);
  if (code === 0) return undefined;
  return warning("account", `"${name}" cannot write to "${path}"`, `chown ${uid}:${gid} ${path}`);
}
