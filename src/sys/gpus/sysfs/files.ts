import { readdirSync, readFileSync } from "node:fs";

/** Names in a folder, in order of their numbers; none where the folder is not there or may not be read. */
export function namesIn(path: string): string[] {
  try {
    return readdirSync(path).toSorted((one, other) => one.localeCompare(other, "en", { numeric: true }));
  } catch {
    return [];
  }
}

/** What a file of the kernel holds; null where there is none, or where the kernel refuses. */
export function textOf(path: string): string | null {
  try {
    return readFileSync(path, "latin1").trim();
  } catch {
    return null;
  }
}

/** The whole number that a file of the kernel holds. */
export function numberOf(path: string): number | null {
  const text = textOf(path);
  return text !== null && /^-?\d+$/.test(text) ? Number(text) : null;
}

/** A number of a file by a factor, such as 1e-6 for millionths. */
export function scaled(path: string, factor: number): number | null {
  const number = numberOf(path);
  return number === null ? null : number * factor;
}
