import { type Peer, peers } from "./peers.ts";
import { type Budget, type Row, type RowName, rows } from "./rows.ts";
import { median } from "./statistics.ts";

/** All values that were measured, by row and peer. */
export type Samples = Partial<Record<RowName, Partial<Record<Peer, number[]>>>>;

/** A markdown table of medians with their ranges, and whether each of ours keeps its budget. */
export function table(samples: Samples): string {
  const head = ["what", ...peers, "must be", "verdict"];
  const lines = [head, head.map(() => "---")];
  for (const [name, row] of Object.entries(rows) as [RowName, Row][]) {
    const measured = samples[name];
    if (measured === undefined) continue;
    const cells = peers.map((peer) => summary(measured[peer], row.digits ?? 0));
    const limit = row.budget && limitOf(row.budget, measured);
    const sign = row.moreIsBetter ? "≥" : "≤";
    const bound = row.budget === undefined ? "" : `${sign} ${describe(row.budget)}`;
    lines.push([row.title, ...cells, bound, verdict(measured["ai-dock"], limit, row.moreIsBetter === true)]);
  }
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** "141 (132–190)": median, smallest and largest. */
function summary(values: number[] | undefined, digits: number): string {
  if (values === undefined || values.length === 0) return "–";
  const middle = median(values).toFixed(digits);
  if (values.length === 1) return middle;
  return `${middle} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`;
}

function limitOf(budget: Budget, measured: Partial<Record<Peer, number[]>>): number | undefined {
  if ("value" in budget) return budget.value;
  const values = measured[budget.peer];
  return values === undefined ? undefined : median(values) * budget.factor;
}

function describe(budget: Budget): string {
  if ("value" in budget) return String(budget.value);
  return budget.factor === 1 ? budget.peer : `${budget.factor} × ${budget.peer}`;
}

function verdict(ours: number[] | undefined, limit: number | undefined, moreIsBetter: boolean): string {
  if (ours === undefined || limit === undefined) return "";
  return (moreIsBetter ? median(ours) >= limit : median(ours) <= limit) ? "ok" : "missed";
}
