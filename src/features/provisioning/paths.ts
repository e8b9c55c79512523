import { accessSync, constants, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { HOOK_DIRECTORY } from "../hooks/find.ts";
import { runtimePath } from "../../sys/runtime-directory.ts";

/** Where provisioning keeps its files; tests have their own. */
export interface ProvisioningPaths {
  /** The directory of hooks, which holds the script. */
  directory: string;
  /** The directory for the script where `directory` is read-only. */
  fallback: string;
  /** The file with the checksum of the script that last succeeded. */
  stamp: string;
}

export const SCRIPT_NAME = "provisioning.sh";

export const defaultPaths = (): ProvisioningPaths => ({
  directory: HOOK_DIRECTORY,
  fallback: dirname(runtimePath(SCRIPT_NAME)),
  stamp: "/var/lib/ai-dock/provisioning.sha256",
});

/** The first writable path for a new script, or undefined. */
export function writableTarget({ directory, fallback }: ProvisioningPaths): string | undefined {
  return [directory, fallback].map((folder) => `${folder}/${SCRIPT_NAME}`).find(isWritable);
}

function isWritable(path: string): boolean {
  try {
    mkdirSync(dirname(path), { recursive: true });
    accessSync(dirname(path), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
