import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";

/** A place for a file in a directory that only this user can enter; both go with the scope. */
export function scratchFile(name: string): { path: string } & Disposable {
  const directory = mkdtempSync(`${tmpdir()}/ai-dock-`);
  return {
    path: `${directory}/${name}`,
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
