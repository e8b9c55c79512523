import type { ProgramSpec } from "./spec.ts";

type Ordered = Pick<ProgramSpec, "name" | "group" | "priority" | "groupPriority" | "stopPriority">;

/** For sorting into start order: groups by their priority and name, members by theirs. */
export function compareStart(a: Ordered, b: Ordered): number {
  return (
    groupRank(a) - groupRank(b) ||
    compareText(a.group, b.group) ||
    a.priority - b.priority ||
    compareText(a.name, b.name)
  );
}

/**
 * What may stop at the same time, in stop order: by priority backwards, equal priorities together, and
 * whatever depends on others before them, even where the priorities say otherwise.
 */
export function stopTiers<Item>(
  items: Item[],
  specOf: (item: Item) => Ordered,
  dependenciesOf: (item: Item) => Item[],
): Item[][] {
  const byPriority = (a: Item, b: Item) => {
    const [one, other] = [specOf(a), specOf(b)];
    return stopRank(one) - stopRank(other) || one.priority - other.priority;
  };
  const tiers = Map.groupBy(items, levels(items.toSorted(byPriority), byPriority, dependenciesOf));
  return [...tiers.entries()].toSorted(([a], [b]) => b - a).map(([, tier]) => tier);
}

/** Numbers the items in the order they could start in: equal ones alike, dependents above what they depend on. */
function levels<Item>(
  sorted: Item[],
  compare: (a: Item, b: Item) => number,
  dependenciesOf: (item: Item) => Item[],
): (item: Item) => number {
  const own = new Map<Item, number>();
  for (const [index, item] of sorted.entries()) {
    const before = sorted[index - 1];
    const same = before !== undefined && compare(before, item) === 0;
    own.set(item, same ? (own.get(before) ?? 0) : index);
  }
  const raised = new Map<Item, number>();
  const levelOf = (item: Item): number => {
    const known = raised.get(item);
    if (known !== undefined) return known;
    const level = own.get(item) ?? 0;
    // Set first: programs that depend on each other are each other's equals.
    raised.set(item, level);
    const below = dependenciesOf(item).filter((other) => own.has(other));
    const result = Math.max(level, ...below.map((other) => levelOf(other) + 1));
    raised.set(item, result);
    return result;
  };
  return levelOf;
}

/** A group without a priority of its own, and a program on its own, rank by the program's. */
function groupRank(spec: Ordered): number {
  return spec.groupPriority ?? spec.priority;
}

function stopRank(spec: Ordered): number {
  return spec.stopPriority ?? groupRank(spec);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
