import { nearest } from "../dropins/nearest.ts";
import { nameIndex, programId } from "../programs/names.ts";
import type { ProgramSpec } from "../programs/spec.ts";

/** In `depends_on`, what stands in front of the name of an item. */
export const PREFIX = "provisioning:";

/** What is known of an item of a manifest. */
export interface ItemState {
  name: string;
  state: string;
}

/** The items of a manifest that a program depends on. */
export function itemsNeeded({ dependsOn }: Pick<ProgramSpec, "dependsOn">): string[] {
  return dependsOn.filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length));
}

/**
 * The programs that start as soon as items are done, which may be long before the end of the provisioning: those that wait
 * for no program but `early` ones and each other. All others start after the provisioning.
 */
export function programsOfItems(specs: readonly ProgramSpec[], early: readonly ProgramSpec[]): ProgramSpec[] {
  const named = nameIndex(specs);
  const chosen = new Set(
    specs.filter((spec) => itemsNeeded(spec).length > 0 && spec.autostart && spec.skipped === undefined),
  );
  for (let before = -1; before !== chosen.size;) {
    before = chosen.size;
    for (const spec of chosen) {
      const needed = spec.dependsOn.flatMap(named).filter((other) => other !== spec);
      if (needed.some((other) => !chosen.has(other) && !early.includes(other))) chosen.delete(spec);
    }
  }
  return [...chosen];
}

/** True where all items that a program needs are done. */
export function areItemsDone(spec: ProgramSpec, items: readonly ItemState[]): boolean {
  const done = new Set(
    items.filter(({ state }) => state === "done" || state === "unchanged").map(({ name }) => name),
  );
  return itemsNeeded(spec).every((name) => done.has(name));
}

/** One line for each item that a program has waited for in vain: the program starts without. */
export function describeMissing(spec: ProgramSpec, items: readonly ItemState[]): string[] {
  return itemsNeeded(spec).flatMap((name) => {
    const item = items.find((other) => other.name === name);
    const id = programId(spec);
    if (item === undefined) {
      const guess = nearest(
        name,
        items.map((other) => other.name),
      );
      const hint = guess === undefined ? "" : ` (did you mean "${PREFIX}${guess}"?)`;
      return [
        `${id}: depends_on: expected an item of the provisioning, got "${PREFIX}${name}"${hint}; the program starts without`,
      ];
    }
    if (["done", "unchanged"].includes(item.state)) return [];
    const reason = item.state === "failed" ? "has failed" : `is ${item.state}`;
    return [
      `${id}: depends_on: item "${name}" of the provisioning ${reason}; the program starts all the same`,
    ];
  });
}
