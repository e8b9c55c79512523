import type { Metric } from "./metric.ts";

/** The type of what `toString` gives (prometheus.io/docs/instrumenting/exposition_formats). */
export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Nobody could use more series of one family, and each of them costs whoever stores them. */
const MOST_SERIES = 10_000;
const LONGEST_LABEL = 256;

/** Values of metrics, as Prometheus reads them. Nothing that a label holds can be more than a label. */
export class Exposition {
  readonly #families = new Map<Metric, Map<string, number>>();

  /** Adds a value, with those of the labels in the order of the metric's; what is not known has no sample. */
  add(metric: Metric, value: number | boolean | null | undefined, ...labels: string[]): void {
    if (value === null || value === undefined) return;
    if (labels.length !== metric.labels.length)
      throw new Error(`${metric.name}: expected ${metric.labels.length} labels, got ${labels.length}`);
    const family = this.#families.get(metric) ?? new Map<string, number>();
    this.#families.set(metric, family);
    const series = metric.name + labelsOf(metric, labels);
    if (!family.has(series) && family.size < MOST_SERIES) family.set(series, Number(value));
  }

  /** Adds 1 for one of some states, and 0 for each other one. */
  addState(metric: Metric, state: string, states: readonly string[], ...labels: string[]): void {
    for (const one of states) this.add(metric, one === state, ...labels, one);
  }

  /** All families in the order in which they were begun, each with its help and type. */
  toString(): string {
    const lines = [...this.#families].flatMap(([{ name, kind, help }, series]) => [
      `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
      `# TYPE ${name} ${kind}`,
      ...Array.from(series, ([text, value]) => `${text} ${formatValue(value)}`),
    ]);
    return lines.map((line) => `${line}\n`).join("");
  }
}

function labelsOf({ labels }: Metric, values: string[]): string {
  if (labels.length === 0) return "";
  return `{${labels.map((label, index) => `${label}="${escapeLabel(values[index] ?? "")}"`).join(",")}}`;
}

/** Control characters have no place in a label, and Prometheus takes NUL for the end of everything. */
const CONTROL = /\p{Cc}/gu;
const escapes: Record<string, string> = { "\\": "\\\\", '"': '\\"' };

function escapeLabel(value: string): string {
  const text = value.slice(0, LONGEST_LABEL).toWellFormed().replaceAll(CONTROL, "\ufffd");
  return text.replaceAll(/[\\"]/g, (character) => escapes[character] ?? character);
}

function formatValue(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? "+Inf" : "-Inf";
}
