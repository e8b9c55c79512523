import { chmodSync, chownSync, copyFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { asUser } from "../../sys/as-user.ts";
import { run } from "../../sys/run.ts";
import type { Account } from "../../sys/users.ts";
import type { Script } from "./script.ts";

const READABLE = 0o750;
const TEST = "/usr/bin/test";

/**
 * The file from which that user can run a script: the script itself, or a copy in the scratch directory that the user and
 * root alone can read. A script that is sourced needs no place of its own; others have their modules beside them.
 */
export async function fileFor(
  user: Account,
  { script, path, scratch }: { script: Script; path: string; scratch: string },
): Promise<string> {
  const mended = script.kind === "binary" ? undefined : script.mended;
  if (script.kind !== "bash" && mended === undefined && (await canRun(user, path, script.kind))) return path;
  const file = `${scratch}/${basename(path)}`;
  if (mended === undefined) copyFileSync(path, file);
  else writeFileSync(file, mended);
  for (const target of [file, scratch]) {
    chownSync(target, process.getuid?.() ?? 0, user.gid);
    chmodSync(target, READABLE);
  }
  return file;
}

async function canRun(user: Account, path: string, kind: Script["kind"]): Promise<boolean> {
  const { code } = await run([...asUser(user.name), TEST, kind === "binary" ? "-x" : "-r", path]);
  return code === 0;
}
