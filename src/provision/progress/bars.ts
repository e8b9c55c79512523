import { describeProgress } from "./describe.ts";
import type { ItemLine } from "./file.ts";

const BAR = 20;
const MOST_BARS = 12;

/** A line with a bar for each item that runs, none wider than the terminal. */
export function drawBars(items: readonly ItemLine[], columns: number): string[] {
  const running = items.filter(({ state }) => state === "running");
  const left = items.filter(({ state }) => state === "waiting").length;
  const width = Math.max(...running.map(({ name }) => name.length), 0);
  const lines = running.slice(0, MOST_BARS).map((item) => `${item.name.padEnd(width)} ${barOf(item)}`);
  const hidden = running.length - lines.length;
  const rest = [hidden > 0 ? `${hidden} more running` : "", left > 0 ? `${left} waiting` : ""]
    .filter(Boolean)
    .join(", ");
  return [...lines, ...(rest === "" ? [] : [rest])].map((line) => fit(line, columns));
}

function barOf({ received, total, rate, kind }: ItemLine): string {
  if (received === undefined) return `${kind} …`;
  const done = total === undefined || total === 0 ? 0 : Math.floor((received / total) * BAR);
  const text = describeProgress({ received, total, resumedFrom: 0 }, rate);
  return `${"█".repeat(done)}${"░".repeat(BAR - done)} ${text}`;
}

const fit = (line: string, columns: number) =>
  line.length < columns ? line : `${line.slice(0, Math.max(0, columns - 2))}…`;
