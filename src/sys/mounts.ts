import { readFileSync, realpathSync } from "node:fs";

export interface Mount {
  /** Where it is mounted, unescaped. */
  target: string;
  /** File system type, `ext4` or `fuse.rclone`. */
  type: string;
  /** What is mounted: a device, or a name such as `overlay` or a remote. */
  source: string;
  readOnly: boolean;
}

export const MOUNTINFO = "/proc/self/mountinfo";

/** Every mount this process sees, in mount order. */
export function listMounts(file = MOUNTINFO): Mount[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map(parseMount);
}

/** The mount whose root is exactly `path` (symlinks followed), the topmost where several are stacked. */
export function mountAt(path: string, file = MOUNTINFO): Mount | undefined {
  const target = resolve(path);
  return listMounts(file).findLast((mount) => mount.target === target);
}

/** The optional fields in the middle end at a lone dash. */
function parseMount(line: string): Mount {
  const fields = line.split(" ");
  const [type = "", source = ""] = fields.slice(fields.indexOf("-") + 1);
  return {
    target: unescape(fields[4] ?? ""),
    type: unescape(type),
    source: unescape(source),
    readOnly: (fields[5] ?? "").split(",").includes("ro"),
  };
}

/** mountinfo writes blank, tab, newline and backslash as octal bytes. */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

/** A stale network mount cannot be resolved; its path then stands for itself. */
function resolve(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path.length > 1 ? path.replace(/\/+$/, "") : path;
  }
}
