import { DownloadError } from "../download/error.ts";

const LONGEST_SHOWN = 300;

/** A path from a server as one that stays below the target directory. Throws DownloadError "name" for any other. */
export function relativeName(path: string): string {
  const parts = path.split("/");
  const isSafe = parts.every(
    (part) =>
      part !== "" && part !== "." && part !== ".." && Buffer.byteLength(part) <= 255 && !/\p{Cc}/u.test(part),
  );
  if (isSafe) return path;
  throw new DownloadError(
    "name",
    `expected the path of a file below the target, got ${JSON.stringify(path.slice(0, LONGEST_SHOWN))} from the server`,
  );
}
