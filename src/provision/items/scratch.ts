import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import type { Owner } from "../ownership.ts";

/** A file in a directory that only this user, or `owner`, can enter; both go with the scope. */
export function scratchFile(name: string, content: string, owner?: Owner): { path: string } & Disposable {
  const directory = mkdtempSync(`${tmpdir()}/ai-dock-`);
  const path = `${directory}/${name}`;
  writeFileSync(path, content, { mode: 0o600 });
  if (owner !== undefined) for (const each of [path, directory]) chownSync(each, owner.uid, owner.gid);
  return { path, [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) };
}
