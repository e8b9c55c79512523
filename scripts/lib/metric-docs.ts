import type { Area } from "../../src/metrics/metric.ts";

/** Tables of all metrics in Markdown, one for each area. */
export function metricTables(areas: Area[]): string {
  return areas.map(({ title, metrics }) => `### ${title}\n\n${tableOf(metrics)}`).join("\n\n");
}

function tableOf(metrics: Area["metrics"]): string {
  const rows = metrics.map(({ name, kind, help, labels }) => {
    const shown = labels.map((label) => `\`${label}\``).join(", ");
    return `| \`${name}\` | ${kind} | ${shown} | ${help} |`;
  });
  return ["| Metric | Type | Labels | Meaning |", "| --- | --- | --- | --- |", ...rows].join("\n");
}
