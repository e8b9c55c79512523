/** A family of metrics (prometheus.io/docs/concepts/data_model). */
export interface Metric {
  name: string;
  kind: "counter" | "gauge";
  /** One sentence, without a full stop. */
  help: string;
  /** The names of its labels. */
  labels: readonly string[];
}

/** Metrics of one subject, as the documentation lists them. */
export interface Area {
  title: string;
  metrics: Metric[];
}

/** A count that only grows; its name ends in `_total`. */
export function counter(name: string, help: string, ...labels: string[]): Metric {
  return { name, kind: "counter", help, labels };
}

/** A value that goes up and down. */
export function gauge(name: string, help: string, ...labels: string[]): Metric {
  return { name, kind: "gauge", help, labels };
}
