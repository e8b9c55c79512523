import { nearest } from "../../dropins/nearest.ts";
import type { Problem } from "../manifest/document.ts";
import { originOf } from "../manifest/origins.ts";
import type { Manifest } from "../manifest/schema.ts";
import { conditionProblem } from "./conditions.ts";
import type { Item, Kind } from "./item.ts";
import { defaultName, labelOf } from "./names.ts";
import { addOrder } from "./order.ts";
import { asEntries, entriesOf, type Entry } from "./works.ts";

/** What is wrong with an entry; without a source where it was made of several. */
export type EntryProblem = Partial<Problem> & Pick<Problem, "message">;

/** The items of a manifest, or what is wrong with how they depend on each other. */
export interface Items {
  items: Item[];
  problems: EntryProblem[];
  warnings: EntryProblem[];
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
  const problems: EntryProblem[] = [];
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
  for (const [index, entry] of entries.entries()) {
    for (const name of entry.common.needs ?? []) {
      const found = find(name, items);
      if (found.length === 0) problems.push(problemAt(entry, "needs", unknownNeed(name, ids)));
      items[index]?.needs.push(...found);
    }
    for (const condition of asEntries(entry.common.when)) {
      const message = conditionProblem(condition);
      if (message !== undefined) problems.push(problemAt(entry, "when", message));
    }
  }
  const warnings = sameTargets(entries);
  if (problems.length > 0) return { items, problems, warnings };
  addOrder(items, entries);
  const cycle = findCycle(items);
  if (cycle === undefined) return { items, problems, warnings };
  const first =
    entries[items.findIndex(({ id, needs }) => id === cycle[0] && needs.includes(cycle[1] ?? ""))];
  const message = `expected no cycle, got ${cycle.join(" → ")}`;
  return {
    items,
    problems: [first === undefined ? { message: `needs: ${message}` } : problemAt(first, "needs", message)],
    warnings,
  };
}

/** `FILE:LINE: downloads[2].KEY: …`, by the file that the entry is from. */
function problemAt({ given, where }: Entry, key: string, message: string): EntryProblem {
  const origin = originOf(given);
  return { ...origin?.placeOf(key), message: `${origin?.where ?? where}.${key}: ${message}` };
}

/** Downloads that replace each other's file, unless conditions choose one of them. */
function sameTargets(entries: readonly Entry[]): EntryProblem[] {
  const taken = new Set<string>();
  return entries.flatMap((entry) => {
    const { work, common } = entry;
    if (work.kind !== "download" || common.when !== undefined) return [];
    const { dest } = work.spec;
    if (dest === undefined || dest.endsWith("/")) return [];
    const message = `expected a path of its own, got "${dest}" twice; which of the files is there in the end is left to chance`;
    if (taken.has(dest)) return [problemAt(entry, "dest", message)];
    taken.add(dest);
    return [];
  });
}

function nameAll(entries: readonly Entry[], problems: EntryProblem[]): string[] {
  const taken = new Set<string>();
  for (const entry of entries) {
    const { id } = entry.common;
    if (id === undefined) continue;
    if (taken.has(id)) problems.push(problemAt(entry, "id", `expected a name of its own, got "${id}" twice`));
    taken.add(id);
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

function unknownNeed(name: string, ids: readonly string[]): string {
  if (Object.hasOwn(kindWords, name)) return `expected an item of the manifest, which has no ${name}`;
  const guess = nearest(name, [...ids, ...Object.keys(kindWords)]);
  const hint = guess === undefined ? "" : `; did you mean "${guess}"?`;
  return `expected an item of the manifest, got "${name}"${hint}`;
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
