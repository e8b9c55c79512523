import type { Item } from "../graph/item.ts";

/** The paths that an earlier manifest asked for and this one does not. Nothing is deleted: they may be in use. */
export function forgotten(items: readonly Item[], keys: readonly string[]): string[] {
  const wanted = new Set(
    items.flatMap((item) => {
      if (item.kind === "git") return [`git:${item.spec.dest}`];
      return item.kind === "download" && item.spec.dest !== undefined ? [`download:${item.spec.dest}`] : [];
    }),
  );
  return keys
    .filter((key) => /^(git|download):\//.test(key) && !key.includes("#") && !wanted.has(key))
    .map((key) => key.slice(key.indexOf(":") + 1));
}
