import { nearest } from "../../dropins/nearest.ts";
import type { Manifest } from "../manifest/schema.ts";
import type { Item, Kind } from "./item.ts";
import { defaultName, labelOf } from "./names.ts";
import { addOrder } from "./order.ts";
import { asEntries, entriesOf, type Entry } from "./works.ts";

/** The items of a manifest, or what is wrong with how they depend on each other. */
export interface Items {
  items: Item[];
  problems: string[];
}

/** Words in `needs` that stand for all items of a kind. */
const kindWords: Record<string, Kind> = {
  apt_packages: "apt",
  pip_packages: "pip",
  conda_packages: "conda",
  git_repos: "git",
  downloads: "download",
};

/** Makes items of a manifest: with names, what each needs, and what each waits for. */
export function itemsOf(manifest: Manifest, env: Record<string, string | undefined>): Items {
  const entries = entriesOf(manifest, env);
  const problems: string[] = [];
  const ids = nameAll(entries, problems);
  const items = entries.map(({ work, common }, index): Item => ({
    ...work,
    id: ids[index] ?? "",
    label: labelOf(work),
    optional: common.optional ?? false,
    needs: [],
    after: [],
    when: asEntries(common.when),
  }));
  for (const [index, { common, where }] of entries.entries())
    for (const name of common.needs ?? []) {
      const found = find(name, items);
      if (found.length === 0) problems.push(unknownNeed(name, where, ids));
      items[index]?.needs.push(...found);
    }
  if (problems.length > 0) return { items, problems };
  addOrder(items, entries);
  const cycle = findCycle(items);
  return {
    items,
    problems: cycle === undefined ? [] : [`needs: expected no cycle, got ${cycle.join(" → ")}`],
  };
}

function nameAll(entries: readonly Entry[], problems: string[]): string[] {
  const taken = new Set<string>();
  for (const { common, where } of entries) {
    if (common.id === undefined) continue;
    if (taken.has(common.id))
      problems.push(`${where}.id: expected a name of its own, got "${common.id}" twice`);
    taken.add(common.id);
  }
  return entries.map(({ work, common }) => {
    if (common.id !== undefined) return common.id;
    const base = defaultName(work);
    let name = base;
    for (let number = 2; taken.has(name); number++) name = `${base}-${number}`;
    taken.add(name);
    return name;
  });
}

function find(name: string, items: readonly Item[]): string[] {
  const byName = items.filter(({ id }) => id === name);
  if (byName.length > 0) return byName.map(({ id }) => id);
  return items.filter(({ kind }) => kind === kindWords[name]).map(({ id }) => id);
}

function unknownNeed(name: string, where: string, ids: readonly string[]): string {
  const guess = nearest(name, [...ids, ...Object.keys(kindWords)]);
  const hint = guess === undefined ? "" : `; did you mean "${guess}"?`;
  return `${where}.needs: expected an item of the manifest, got "${name}"${hint}`;
}

/** The names along a circle of needs, the first one at its end again, or undefined. */
export function findCycle(items: readonly Item[]): string[] | undefined {
  const byId = new Map(items.map((item) => [item.id, item]));
  const done = new Set<string>();
  const visit = (id: string, way: string[]): string[] | undefined => {
    if (way.includes(id)) return [...way.slice(way.indexOf(id)), id];
    if (done.has(id)) return undefined;
    const item = byId.get(id);
    for (const next of [...(item?.needs ?? []), ...(item?.after ?? [])]) {
      const cycle = visit(next, [...way, id]);
      if (cycle !== undefined) return cycle;
    }
    done.add(id);
    return undefined;
  };
  for (const { id } of items) {
    const cycle = visit(id, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
