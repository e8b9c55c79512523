import { createDefu } from "defu";
import type { Manifest } from "./schema.ts";

/** Lists are joined, earlier layers first; an entry of a later layer stands in for an earlier one for the same thing. */
const merge = createDefu((target, key, later) => {
  const earlier: unknown = target[key];
  if (!Array.isArray(later) && !Array.isArray(earlier)) return false;
  (target as Record<PropertyKey, unknown>)[key] = joined(asList(earlier), asList(later));
  return true;
});

/** Manifests as one: settings of later ones win, lists are joined. Entries stay the objects that were read: see origins.ts. */
export function layerManifests(manifests: readonly Manifest[]): Manifest {
  return manifests.reduce<Manifest>((earlier, later) => merge<Manifest, [Manifest]>(later, earlier), {
    version: 1,
  });
}

const asList = (value: unknown): unknown[] => {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as unknown[]) : [value];
};

function joined(earlier: unknown[], later: unknown[]): unknown[] {
  const replaced = new Set(later.map(identity));
  const isReplaced = (item: unknown) => identity(item) !== undefined && replaced.has(identity(item));
  return [...earlier.filter((item) => !isReplaced(item)), ...later];
}

/** What an entry is about: its id, or the one place that it writes to. A name from the server is no such place. */
function identity(item: unknown): string | undefined {
  if (typeof item !== "object" || item === null) return undefined;
  const { id, dest, path, name } = item as Record<string, unknown>;
  if (typeof id === "string") return `id ${id}`;
  if (typeof dest === "string") return dest.endsWith("/") ? undefined : `path ${dest}`;
  if (typeof path === "string") return `path ${path}`;
  return typeof name === "string" ? `name ${name}` : undefined;
}
