import { ShellCode } from "../../../errors.ts";
import { asUser, sessionOf } from "../../../sys/as-user.ts";
import { ProcessTree } from "../../../supervisor/process-tree.ts";
import { childExit, mayHaveOrphans, shellCode, spawnChild } from "../../../sys/children.ts";
import { isRunning, type ProcessInfo } from "../../../sys/proc.ts";
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
  const tree = new ProcessTree();
  let left: ProcessInfo[] = [];
  return {
    name: "check",
    async look() {
      const text = command();
      if (text === undefined) return [];
      left = left.filter(isRunning);
      // A further one at each look would hang beside that.
      if (left.length > 0) return [unmeasured("check", "AI_DOCK_IDLE_CHECK hangs and cannot be killed")];
      const child = start(text, env, tree);
      const code = await codeWithin(child, limitMilliseconds);
      // What the command has left running goes with it.
      if (code === undefined || mayHaveOrphans())
        left = await tree.end("KILL", 0, code === undefined ? child.pid : undefined);
      if (code === undefined)
        return [unmeasured("check", `AI_DOCK_IDLE_CHECK does not end within ${limitMilliseconds / 1000} s`)];
      if (code === 0) return [seen("check", "AI_DOCK_IDLE_CHECK says so")];
      return code < ShellCode.notExecutable
        ? []
        : [unmeasured("check", `AI_DOCK_IDLE_CHECK cannot run (exit code ${code})`)];
    },
  };
}

function start(text: string, env: Record<string, string>, tree: ProcessTree) {
  const account = accountOf(env);
  const session = account === undefined ? undefined : sessionOf(account);
  return tree.spawn(() =>
    spawnChild({
      command: [...asUser(account?.name), "/bin/sh", "-c", text],
      env: { ...env, ...session?.env },
      cwd: session?.cwd ?? "/",
      stdout: "ignore",
      stderr: "ignore",
    }),
  );
}

/** The exit code as shells report it; undefined where the time was up. */
async function codeWithin(
  child: ReturnType<typeof spawnChild>,
  milliseconds: number,
): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), milliseconds);
  const code = await Promise.race([child.exited.then(() => shellCode(childExit(child))), promise]);
  clearTimeout(timer);
  return code;
}
