import { readFileSync } from "node:fs";

/** The text of a file of the kernel; undefined where there is none, or none to read. */
export function read(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}

/** A whole number on its own; undefined for anything else, such as `max`. */
export const number = (text: string | undefined) =>
  text !== undefined && /^\d+\s*$/.test(text) ? Number(text) : undefined;

/** The number behind a name in a file of `NAME NUMBER` lines. */
export const field = (text: string | undefined, name: string) =>
  number(new RegExp(`^${name} (\\d+)$`, "m").exec(text ?? "")?.[1]);

export const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0);
