import type { Stats } from "node:fs";
import { readPlainFile } from "../../sys/plain-file.ts";
import { type PlatformKind, platforms } from "./platforms.ts";

/** For tests of this container against a server that stands in for the cloud's. */
export const API_FILE = "/etc/ai-dock/platform-api";

const WRITABLE_BY_OTHERS = 0o022;

/**
 * The origin of a cloud's API: the cloud's own, or the one in a file that root alone can write. No variable changes it: who
 * controls a file of variables must not have the key sent elsewhere, and root can read the key anyway.
 */
export function apiUrl(kind: PlatformKind, file = API_FILE): URL {
  const given = readPlainFile(file, isOfRoot)?.trim();
  return new URL(given !== undefined && isHttp(given) ? given : platforms[kind].api);
}

const isOfRoot = ({ uid, mode }: Stats) => uid === 0 && (mode & WRITABLE_BY_OTHERS) === 0;

const isHttp = (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
