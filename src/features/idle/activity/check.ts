import { ShellCode } from "../../../errors.ts";
import { asUser, sessionOf } from "../../../sys/as-user.ts";
import { childExit, sendSignal, shellCode, spawnChild } from "../../../sys/children.ts";
import { accountOf } from "../../account/account.ts";
import { seen, type Source, unmeasured } from "./activity.ts";

const LIMIT_MILLISECONDS = 20_000;

/**
 * The user's own command, AI_DOCK_IDLE_CHECK: exit code 0 means activity, another one none. One that cannot be run or does
 * not end was not measured. It runs as the account where there is one, as it may be a file of that account's.
 */
export function checkSource(
  command: () => string | undefined,
  env: Record<string, string>,
  limitMilliseconds = LIMIT_MILLISECONDS,
): Source {
  return {
    name: "check",
    async look() {
      const text = command();
      if (text === undefined) return [];
      const code = await runCheck(text, env, limitMilliseconds);
      if (code === undefined)
        return [unmeasured("check", `AI_DOCK_IDLE_CHECK does not end within ${limitMilliseconds / 1000} s`)];
      if (code === 0) return [seen("check", "AI_DOCK_IDLE_CHECK says so")];
      return code < ShellCode.notExecutable
        ? []
        : [unmeasured("check", `AI_DOCK_IDLE_CHECK cannot run (exit code ${code})`)];
    },
  };
}

/** The exit code as shells report it; undefined where the time was up. */
async function runCheck(
  text: string,
  env: Record<string, string>,
  limitMilliseconds: number,
): Promise<number | undefined> {
  const account = accountOf(env);
  const session = account === undefined ? undefined : sessionOf(account);
  const child = spawnChild({
    command: [...asUser(account?.name), "/bin/sh", "-c", text],
    env: { ...env, ...session?.env },
    cwd: session?.cwd ?? "/",
    stdout: "ignore",
    stderr: "ignore",
  });
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), limitMilliseconds);
  const code = await Promise.race([child.exited.then(() => shellCode(childExit(child))), promise]);
  clearTimeout(timer);
  // What the command has left running goes with it.
  sendSignal(-child.pid, "KILL");
  return code;
}
