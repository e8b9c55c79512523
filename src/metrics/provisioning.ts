import type { Provisioning } from "../control/portal/protocol.ts";
import type { Exposition } from "./exposition.ts";
import { gauge } from "./metric.ts";

/** As the provisioner says; a state of another version counts as `other`. */
const STATES = ["waiting", "running", "done", "unchanged", "failed", "skipped", "off"];
const OTHER = "other";

const name = (rest: string) => `ai_dock_provisioning_${rest}`;

export const provisioningMetrics = {
  running: gauge(name("running"), "1 while items of a provisioning manifest are being worked on"),
  items: gauge(name("items"), "Items of the provisioning manifest, by state", "state"),
  received: gauge(name("received_bytes"), "Bytes that are there of the files that are downloaded"),
  expected: gauge(name("expected_bytes"), "Size of these files, as far as known"),
};

export function addProvisioning(to: Exposition, { running, items }: Provisioning): void {
  const m = provisioningMetrics;
  to.add(m.running, running);
  if (items.length === 0) return;
  const counts = new Map(STATES.map((state) => [state, 0]));
  for (const { state } of items) {
    const known = counts.has(state) ? state : OTHER;
    counts.set(known, (counts.get(known) ?? 0) + 1);
  }
  for (const [state, count] of counts) to.add(m.items, count, state);
  const total = (of: (item: Provisioning["items"][number]) => number | null) =>
    items.reduce((sum, item) => sum + (of(item) ?? 0), 0);
  to.add(
    m.received,
    total(({ received }) => received),
  );
  to.add(
    m.expected,
    total((item) => item.total),
  );
}
