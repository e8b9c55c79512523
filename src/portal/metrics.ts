import type { Collector } from "../metrics/collect.ts";
import type { GpuReader } from "../sys/gpus/reader.ts";
import { answer } from "./http/respond.ts";
import type { Link } from "./link.ts";

/** Answers whoever collects metrics. Nothing of it is loaded before the first one. */
export class Metrics {
  readonly #link: Link;
  readonly #gpus: GpuReader;
  #collector: Collector | undefined;

  constructor(link: Link, gpus: GpuReader) {
    this.#link = link;
    this.#gpus = gpus;
  }

  /** All metrics of this moment. Throws AiDockError where the supervisor does not answer. */
  async respond(headers: Headers): Promise<Response> {
    const { CONTENT_TYPE } = await import("../metrics/exposition.ts");
    const { Collector } = await import("../metrics/collect.ts");
    const { metrics: facts, measures, provisioning } = this.#link;
    const gpus = () => this.#gpus.read();
    // One for all who ask: they share what is collected, and what must not go back.
    this.#collector ??= new Collector({ facts, measures, provisioning, gpus });
    const seconds = Number(headers.get("x-prometheus-scrape-timeout-seconds"));
    return answer(200, await this.#collector.collect(seconds > 0 ? seconds : undefined), CONTENT_TYPE, {});
  }
}
