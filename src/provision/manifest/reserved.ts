import { realpathSync } from "node:fs";
import { workspaceOf } from "../../env/workspace.ts";
import { VOLUME_DIRECTORY } from "../state/stores.ts";
import { MANIFEST_FILE } from "./places.ts";

/**
 * Paths in the workspace, links resolved, that no server may choose by the name of a file: what is there decides what root
 * does at the next boot. On some volumes, a name in other letters is the same.
 */
export function isReserved(env: Record<string, string>): (path: string) => boolean {
  const workspace = real(workspaceOf(env).replace(/(?<=.)\/+$/, ""));
  const [manifest = "", records = ""] = [MANIFEST_FILE, VOLUME_DIRECTORY].map((name) =>
    fold(`${workspace}/${name}`),
  );
  return (path) => fold(path) === manifest || fold(path).startsWith(`${records}/`);
}

const fold = (path: string) => path.normalize().toLowerCase();

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
