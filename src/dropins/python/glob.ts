import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const MAGIC = /[*?[]/;

/** The files that a pattern of Python's glob matches, sorted: `*`, `?` and `[…]` within one path segment. */
export function globFiles(pattern: string): string[] {
  const segments = pattern.split("/");
  let found = [segments.shift() === "" ? "/" : "."];
  if (!pattern.startsWith("/")) segments.unshift(pattern.split("/")[0]!);
  for (const segment of segments) {
    if (segment === "") continue;
    found = MAGIC.test(segment)
      ? found.flatMap((folder) => matches(folder, segment))
      : found.map((folder) => join(folder, segment));
  }
  return found.filter(isThere).toSorted();
}

/** A file that stat(2) refuses counts: the error of reading that file says why. */
function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

function matches(folder: string, segment: string): string[] {
  const regex = toRegex(segment);
  return entriesOf(folder)
    .filter((name) => regex.test(name) && (segment.startsWith(".") || !name.startsWith(".")))
    .map((name) => join(folder, name));
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // As in a shell, a folder that is not there or may not be read matches nothing.
    return [];
  }
}

function toRegex(segment: string): RegExp {
  const source = segment.replaceAll(/\[(!?)(\]?[^\]]*)\]|[^]/g, (token, negated?: string, set?: string) => {
    if (set !== undefined) return `[${negated ? "^" : ""}${set.replaceAll(/[\\^\]]/g, String.raw`\$&`)}]`;
    if (token === "*") return "[^]*";
    if (token === "?") return "[^]";
    return RegExp.escape(token);
  });
  try {
    return new RegExp(`^${source}$`, "u");
  } catch {
    // A range that runs backwards, as [z-a], has no letters.
    return /(?!)/;
  }
}
