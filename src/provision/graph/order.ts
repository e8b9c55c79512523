import type { Item } from "./item.ts";
import type { Entry, Phase } from "./works.ts";

const phases: Phase[] = ["early", "middle", "late", "last"];

/**
 * Adds to items what they wait for without being asked: files come first, commands last and one after another (where one
 * fails, later ones are not begun), and what lies in a repository comes after the repository. Packages of the system come
 * before what is built with them. Everything else runs side by side.
 */
export function addOrder(items: readonly Item[], entries: readonly Entry[]): void {
  const phaseOf = new Map(
    items.map(({ id }, index) => [id, phases.indexOf(entries[index]?.phase ?? "middle")]),
  );
  const before = (item: Item) =>
    items.filter(({ id }) => (phaseOf.get(id) ?? 0) < (phaseOf.get(item.id) ?? 0)).map(({ id }) => id);
  const byId = new Map(items.map((item) => [item.id, item]));
  // An optional item never keeps another one from being done.
  const isOptional = (id: string) => byId.get(id)?.optional === true;
  let lastCommand: string | undefined;
  for (const item of items) {
    const earlier = before(item).filter((id) => !dependsOn(byId, id, item.id));
    if (item.kind === "command") {
      const first = lastCommand === undefined ? earlier : [...earlier, lastCommand];
      item.needs.push(...first.filter((id) => !isOptional(id)));
      item.after.push(...first.filter(isOptional));
      lastCommand = item.id;
    } else item.after.push(...earlier);
    for (const other of items) {
      if (other === item || dependsOn(byId, other.id, item.id)) continue;
      if (other.kind === "apt" && ["pip", "conda", "git"].includes(item.kind)) item.after.push(other.id);
      if (other.kind === "git" && placesOf(item).some((path) => isBelow(path, other.spec.dest)))
        item.needs.push(other.id);
      if (other.kind === "conda" && item.kind === "pip" && sameEnvironment(other.spec.env, item.spec.venv))
        item.after.push(other.id);
    }
    item.needs = [...new Set(item.needs)];
    item.after = [...new Set(item.after)].filter((id) => !item.needs.includes(id));
  }
}

/** True when item `id` waits for `other`, by way of others or not. */
function dependsOn(byId: ReadonlyMap<string, Item>, id: string, other: string): boolean {
  const seen = new Set<string>();
  const open = [id];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === other) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    const item = byId.get(next);
    open.push(...(item?.needs ?? []), ...(item?.after ?? []));
  }
  return false;
}

/** Where an item writes to or reads from, as far as repositories matter. */
function placesOf(item: Item): string[] {
  if (item.kind === "download") return item.spec.dest === undefined ? [] : [item.spec.dest];
  if (item.kind === "git") return [item.spec.dest];
  if (item.kind !== "pip") return [];
  const { requirements } = item.spec;
  return typeof requirements === "string" ? [requirements] : (requirements ?? []);
}

const isBelow = (path: string, folder: string) => path.startsWith(`${folder.replace(/\/+$/, "")}/`);

const sameEnvironment = (conda: string | undefined, venv: string | undefined) => conda === venv;
