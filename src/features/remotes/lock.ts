import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { AiDockError } from "../../errors.ts";
import { ensureDirectory } from "../../sys/fs.ts";
import { lockFile } from "../../sys/libc.ts";

const held = new Map<string, number>();

/**
 * Makes a cache ours until this process ends or gives it back: a second container on the same workspace would
 * take files away from under this one's rclone. Throws AiDockError while another one has it.
 */
export function lockCache(cache: string): void {
  if (held.has(cache)) return;
  ensureDirectory(cache);
  const file = openSync(join(cache, "lock"), "a", 0o600);
  if (lockFile(file)) {
    held.set(cache, file);
    return;
  }
  closeSync(file);
  throw new AiDockError(`"${cache}" is in use by another container; it is mounted when that one has ended`);
}

export function isCacheOurs(cache: string): boolean {
  return held.has(cache);
}

export function unlockCache(cache: string): void {
  const file = held.get(cache);
  if (file === undefined) return;
  held.delete(cache);
  closeSync(file);
}
