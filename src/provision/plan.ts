import { conditionsHold } from "./graph/conditions.ts";
import type { Item } from "./graph/item.ts";
import type { Plan } from "./items/context.ts";
import { plan } from "./items/perform.ts";
import type { Prepared } from "./prepare.ts";
import { contexts, facts } from "./run-context.ts";
import { Stores } from "./state/stores.ts";
import { messageOf } from "../errors.ts";
import type { Account } from "../sys/users.ts";

/** One item of a plan. */
export interface PlannedItem {
  name: string;
  kind: string;
  label: string;
  action: Plan["action"] | "off" | "failed";
  bytes?: number;
  detail?: string;
  needs: string[];
  optional: boolean;
}

export interface PlanOptions {
  env: Record<string, string>;
  signal: AbortSignal;
  user?: Account | undefined;
  /** Where the container's records are; tests have their own. */
  records?: string;
}

/** What an apply would do, and how much it would download. Changes nothing. */
export async function planAll(
  prepared: Prepared,
  { env, signal, user, records }: PlanOptions,
): Promise<PlannedItem[]> {
  using stores = new Stores(env, () => undefined, records);
  const contextOf = contexts({
    env,
    manifest: prepared.manifest,
    signal,
    stores,
    user,
    say: () => undefined,
  });
  const asked = facts(env, signal);
  return await Promise.all(
    prepared.items.map(async (item): Promise<PlannedItem> => {
      const { id: name, kind, label, needs, optional } = item;
      return { name, kind, label, needs, optional, ...(await planOne(item)) };
    }),
  );

  async function planOne(item: Item): Promise<Plan | { action: "off" | "failed"; detail: string }> {
    try {
      if (!(await conditionsHold(item.when, asked)))
        return { action: "off", detail: `when ${item.when.join(", ")}` };
      return await plan(item, { ...contextOf(item), onProgress: () => undefined });
    } catch (error) {
      signal.throwIfAborted();
      return { action: "failed", detail: messageOf(error) };
    }
  }
}
