import type { ProgramSpec } from "../programs/spec.ts";

type Ordered = Pick<ProgramSpec, "name" | "group" | "priority" | "groupPriority">;

/** For sorting into start order: groups by their priority and name, members by theirs. */
export function compareStart(a: Ordered, b: Ordered): number {
  return (
    groupRank(a) - groupRank(b) ||
    compareText(a.group, b.group) ||
    a.priority - b.priority ||
    compareText(a.name, b.name)
  );
}

/** What may stop at the same time, in stop order: the start order backwards, equal priorities together. */
export function stopTiers<Item>(items: Item[], specOf: (item: Item) => Ordered): Item[][] {
  const tiers = Map.groupBy(items, (item) => {
    const spec = specOf(item);
    return `${groupRank(spec)} ${spec.priority}`;
  });
  return [...tiers.entries()]
    .map(([key, tier]) => ({ tier, ranks: key.split(" ").map(Number) as [number, number] }))
    .toSorted((a, b) => b.ranks[0] - a.ranks[0] || b.ranks[1] - a.ranks[1])
    .map(({ tier }) => tier);
}

/** A group without a priority of its own, and a program on its own, rank by the program's. */
function groupRank(spec: Ordered): number {
  return spec.groupPriority ?? spec.priority;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
