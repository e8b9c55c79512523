import { type Counters, type Limits, readCounters, readLimits } from "../../sys/machine/counters.ts";
import { Disks } from "../../sys/machine/disks.ts";
import { GpuReader } from "../../sys/gpus/reader.ts";
import { emptyReport, type GpuReport } from "../../sys/gpus/types.ts";
import type { Gpu, MachineState, Sample } from "./schema.ts";

const INTERVAL_MILLISECONDS = 2000;
const HISTORY_MILLISECONDS = 10 * 60_000;

/** What is asked of the kernel. */
export interface Sources {
  counters: () => Counters;
  limits: () => Limits;
  gpus: Pick<GpuReader, "read" | "close">;
  /** Paths whose file systems are shown. */
  paths: () => Promise<string[]>;
}

const kernel = (): Sources => ({
  counters: readCounters,
  limits: readLimits,
  gpus: new GpuReader(),
  paths: async () => ["/"],
});

/** Samples what the container uses as long as somebody watches, and keeps ten minutes of that. */
export class Machine {
  readonly #sources: Sources;
  readonly #interval: number;
  readonly #watchers = new Set<(sample: Sample) => void>();
  readonly #disks = new Disks();
  #samples: Sample[] = [];
  #timer: Timer | undefined;
  #last: { at: number; counters: Counters } | undefined;
  #gpus: GpuReport = emptyReport();

  constructor(sources: Partial<Sources> = {}, interval = INTERVAL_MILLISECONDS) {
    this.#sources = { ...kernel(), ...sources };
    this.#interval = interval;
  }

  /** Calls back with each sample from now on; the result ends that. */
  watch(onSample: (sample: Sample) => void): () => void {
    this.#watchers.add(onSample);
    if (this.#timer === undefined) {
      this.#sample();
      this.#timer = setInterval(() => this.#sample(), this.#interval);
    }
    return () => {
      this.#watchers.delete(onSample);
      if (this.#watchers.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.#last = undefined;
      this.#sources.gpus.close();
    };
  }

  /** What is known by now. */
  async state(): Promise<MachineState> {
    const disks = await this.#disks.look(await this.#sources.paths().catch(() => ["/"]));
    return { limits: this.#sources.limits(), disks, samples: this.#samples };
  }

  #sample(): void {
    const counters = this.#sources.counters();
    const at = performance.now();
    const last = this.#last;
    this.#last = { at, counters };
    void this.#askGpus();
    // One reading gives no rate.
    if (last === undefined) return;
    const seconds = (at - last.at) / 1000;
    const rate = (name: keyof Counters) => Math.max(0, (counters[name] - last.counters[name]) / seconds);
    const sample: Sample = {
      time: Date.now(),
      cpus: rate("cpuSeconds"),
      memoryBytes: counters.memoryBytes,
      read: rate("readBytes"),
      written: rate("writtenBytes"),
      received: rate("receivedBytes"),
      sent: rate("sentBytes"),
      gpus: this.#gpus.gpus.map(shownOf),
      gpuProblems: this.#gpus.problems,
    };
    const oldest = sample.time - HISTORY_MILLISECONDS;
    this.#samples = [...this.#samples.filter(({ time }) => time > oldest && time <= sample.time), sample];
    for (const watcher of this.#watchers) watcher(sample);
  }

  /** The answer may be late, and is of the sample after. */
  async #askGpus(): Promise<void> {
    this.#gpus = await this.#sources.gpus.read();
  }
}

/** What is kept of a GPU, of hundreds of samples. */
function shownOf({
  name,
  uuid,
  load,
  usedBytes,
  totalBytes,
  temperature,
  watts,
  wattsLimit,
  throttle,
  problem,
}: Gpu): Gpu {
  return { name, uuid, load, usedBytes, totalBytes, temperature, watts, wattsLimit, throttle, problem };
}
