import type { Measures, MetricFacts } from "../control/metric-facts.ts";
import type { Provisioning } from "../control/portal/protocol.ts";
import { AiDockError } from "../errors.ts";
import type { GpuReport } from "../sys/gpus/types.ts";
import { readCounters, readLimits } from "../sys/machine/counters.ts";
import { readDetail } from "../sys/machine/detail.ts";
import { Disks } from "../sys/machine/disks.ts";
import { addRemotes, addTunnels } from "./connections.ts";
import { addContainer, addDisks } from "./container.ts";
import { Exposition } from "./exposition.ts";
import { addGpus } from "./gpus.ts";
import { addIdle } from "./idle.ts";
import { gauge } from "./metric.ts";
import { addPrograms } from "./programs.ts";
import { addProvisioning } from "./provisioning.ts";
import { addSupervisor } from "./supervisor.ts";
import { Trees } from "./trees.ts";

/** Where figures come from that are not the kernel's. */
export interface MetricSources {
  facts: () => Promise<MetricFacts>;
  measures: () => Promise<Measures>;
  provisioning: () => Promise<Provisioning>;
  gpus: () => Promise<GpuReport>;
}

/** Far less than what Prometheus waits for a scrape unless told otherwise. */
const PATIENCE_MILLISECONDS = 3000;
/** Of the time that who asks is going to wait. */
const SHARE = 0.75;

export const collectorMetrics = {
  success: gauge(
    "ai_dock_collector_success",
    "1 where a part of the metrics could be collected in time",
    "collector",
  ),
  duration: gauge("ai_dock_collector_duration_seconds", "How long that took", "collector"),
};

/** Collects all metrics of this container, when asked; at all other times there is nothing that runs. */
export class Collector {
  readonly #sources: MetricSources;
  readonly #patience: number;
  readonly #trees = new Trees();
  readonly #disks = new Disks();
  #collecting: Promise<string> | undefined;

  /** `patience`: milliseconds for each part, however long who asks would wait. */
  constructor(sources: MetricSources, patience = PATIENCE_MILLISECONDS) {
    this.#sources = sources;
    this.#patience = patience;
  }

  /**
   * The metrics in Prometheus' text format, for somebody who waits `seconds` at most. Whoever asks while they are being
   * collected gets the same ones. A part that fails or takes too long is left out; throws AiDockError where the supervisor
   * does not answer.
   */
  collect(seconds = Number.POSITIVE_INFINITY): Promise<string> {
    const patience = Math.min(this.#patience, seconds * 1000 * SHARE);
    this.#collecting ??= this.#collect(patience).finally(() => (this.#collecting = undefined));
    return this.#collecting;
  }

  async #collect(patience: number): Promise<string> {
    const { facts, measures, provisioning, gpus } = this.#sources;
    const began = performance.now();
    const supervisor = this.#trees.read(facts);
    const disks = supervisor.then(
      async ({ facts: { workspace } }) => await this.#disks.look(["/", workspace, "/dev/shm"]),
    );
    const [programs, ofDisks, ofRemotes, ofProvisioning, ofGpus] = await Promise.all([
      inTime(patience, supervisor),
      inTime(patience, disks),
      inTime(patience, measures()),
      inTime(patience, provisioning()),
      inTime(patience, gpus()),
    ]);
    if (programs.value === undefined) throw unavailable(programs.error);
    const to = new Exposition();
    addSupervisor(to, programs.value.facts);
    addIdle(to, programs.value.facts.idle);
    addContainer(to, { counters: readCounters(), limits: readLimits(), detail: readDetail() });
    if (ofDisks.value !== undefined) addDisks(to, ofDisks.value);
    addPrograms(to, programs.value.facts.programs, programs.value.usages);
    if (ofGpus.value !== undefined) addGpus(to, ofGpus.value);
    addRemotes(to, programs.value.facts.programs, ofRemotes.value ?? {});
    addTunnels(to, programs.value.facts.programs);
    if (ofProvisioning.value !== undefined) addProvisioning(to, ofProvisioning.value);
    const parts = {
      programs,
      disks: ofDisks,
      remotes: ofRemotes,
      provisioning: ofProvisioning,
      gpus: ofGpus,
    };
    for (const [name, { value }] of Object.entries(parts))
      to.add(collectorMetrics.success, value !== undefined, name);
    for (const [name, { at }] of Object.entries(parts))
      to.add(collectorMetrics.duration, (at - began) / 1000, name);
    return to.toString();
  }
}

/** What a promise comes to within some milliseconds; never throws. */
async function inTime<Value>(patience: number, promise: Promise<Value>): Promise<Part<Value>> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("no answer in time")), patience);
  try {
    return { value: await Promise.race([promise, late.promise]), at: performance.now() };
  } catch (error) {
    return { error, at: performance.now() };
  } finally {
    clearTimeout(timer);
  }
}

interface Part<Value> {
  value?: Value;
  error?: unknown;
  /** When that was known, on the clock of performance.now(). */
  at: number;
}

function unavailable(error: unknown): AiDockError {
  if (error instanceof AiDockError) return error;
  return new AiDockError("The supervisor does not answer", { code: "E_NO_SUPERVISOR", cause: error });
}
