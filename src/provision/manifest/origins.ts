import { nameOf } from "./explain.ts";
import type { Place } from "./document.ts";

/** Where an entry of a manifest was read, for messages on how entries depend on each other. */
export interface Origin {
  /** The place of one of its keys, or of the entry where it lacks that. */
  placeOf(key: string): Place;
  /** `downloads[2]`, as its own source counts: layers are joined later. */
  where: string;
}

const origins = new WeakMap<object, Origin>();

/** Remembers the origin of all mappings in a manifest. */
export function rememberOrigins(
  value: unknown,
  placeOf: (path: PropertyKey[]) => Place,
  path: PropertyKey[] = [],
): void {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value))
    origins.set(value, { placeOf: (key) => placeOf([...path, key]), where: nameOf(path) });
  for (const [key, inner] of Object.entries(value))
    rememberOrigins(inner, placeOf, [...path, Array.isArray(value) ? Number(key) : key]);
}

/** The origin of an entry; undefined for a text, and for what was made of several. */
export const originOf = (entry: object): Origin | undefined => origins.get(entry);
