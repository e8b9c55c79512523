import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { type PlatformKind, platforms } from "./platforms.ts";

/** For tests of this container against a server that stands in for the cloud's. */
export const API_FILE = "/etc/ai-dock/platform-api";

const WRITABLE_BY_OTHERS = 0o022;

/**
 * The origin of a cloud's API: the cloud's own, or the one in a file that root alone can write. No variable changes it: who
 * controls a file of variables must not have the key sent elsewhere, and root can read the key anyway.
 */
export function apiUrl(kind: PlatformKind, file = API_FILE): URL {
  const given = readOfRoot(file)?.trim();
  return new URL(given !== undefined && isHttp(given) ? given : platforms[kind].api);
}

function readOfRoot(path: string): string | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const { uid, mode } = fstatSync(fd);
    const isOfRoot = uid === 0 && (mode & WRITABLE_BY_OTHERS) === 0;
    return isOfRoot && (mode & constants.S_IFMT) === constants.S_IFREG ? readFileSync(fd, "utf8") : undefined;
  } finally {
    closeSync(fd);
  }
}

const isHttp = (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
