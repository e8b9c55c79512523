import { messageOf } from "../../errors.ts";
import { heldReaders } from "./held.ts";
import { hasGpuNodes } from "./nodes.ts";
import { NO_ANSWER, ReaderChild } from "./reader-child.ts";
import { type Asked, OTHER_MACHINE, Sickness, type SickGpus, sickGpus } from "./sick.ts";
import { emptyReport, type Gpu, type GpuReport, unknownGpu } from "./types.ts";

export interface GpuReaderOptions {
  /** How long the process may be silent while it reads; a GPU that nobody holds takes seconds for its first answer. */
  patienceMilliseconds?: number;
  /** After a failure, how long nobody is asked again. */
  pauseMilliseconds?: number;
  /** How long the process stays after the last answer. */
  lingerMilliseconds?: number;
  /** Stands in front of paths of the kernel's. */
  root?: string;
  /** The library of NVIDIA's driver, in place of the one that the loader finds. */
  library?: string;
  /** Who did not answer; all readers of a process know the same. */
  sick?: SickGpus;
}

const PATIENCE_MILLISECONDS = 10_000;
const PAUSE_MILLISECONDS = 30_000;
/** Longer than between two scrapes of Prometheus, a minute by default and two at most: the first answer of a process takes long. */
const LINGER_MILLISECONDS = 150_000;
const LEAVING_MILLISECONDS = 1000;

/** Of commands that each read once, as a collector of metrics runs them, and that left one each. */
const MOST_HELD = 8;

/**
 * Reads what the GPUs of this container do, by a process of its own: a driver that does not answer holds up nobody here, and a GPU
 * that does not answer is left out for a while. Without a GPU, no process is started. It ends with `close()`, and by itself once
 * nobody has read for some minutes.
 */
export class GpuReader {
  readonly #options: GpuReaderOptions;
  #child: ReaderChild | undefined;
  readonly #sick: SickGpus;
  #reading: Promise<GpuReport> | undefined;
  #last = emptyReport();
  #linger: Timer | undefined;
  #isLeaving = false;
  #isClosed = false;

  constructor(options: GpuReaderOptions = {}) {
    this.#options = options;
    this.#sick = options.sick ?? sickGpus;
  }

  /** Never rejects. Who asks while an answer is on its way gets the same one. */
  read(): Promise<GpuReport> {
    this.#isLeaving = false;
    if (this.#reading === undefined) this.#isClosed = false;
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  /** Ends the process; an answer on its way is then what is known by now. A later read starts another process. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#linger);
    const child = this.#child;
    this.#child = undefined;
    if (child !== undefined) void this.#end(child, null);
  }

  /** Ends the process after the answer on its way, unless somebody else asks within a moment. */
  closeSoon(): void {
    this.#isLeaving = true;
    if (this.#child !== undefined && this.#reading === undefined) this.#stayForAWhile();
  }

  async #read(): Promise<GpuReport> {
    if (!hasGpuNodes(this.#options.root)) return emptyReport();
    clearTimeout(this.#linger);
    for (const [asked, sickness] of this.#sick) if (sickness.isOver) this.#sick.delete(asked);
    let report = emptyReport();
    // Each round has one more GPU to leave out, until the answer is complete.
    while (!this.#sick.has(null) && !this.#isClosed) {
      report = emptyReport();
      if (this.#areTooManyHeld()) break;
      const child = this.#start(report);
      if (child === undefined) return report;
      if (await this.#ask(child, report)) break;
    }
    const isComplete = !this.#sick.has(null);
    if (!isComplete) Object.assign(report, this.#withoutAnswer(report));
    this.#addSick(report);
    if (isComplete) {
      this.#last = report;
      this.#stayForAWhile();
    }
    return report;
  }

  #areTooManyHeld(): boolean {
    const { pauseMilliseconds = PAUSE_MILLISECONDS } = this.#options;
    const held = this.#child === undefined ? heldReaders() : [];
    if (held.length < MOST_HELD) return false;
    const problem = `${held.length} processes that read GPUs hang in the kernel (${held.join(", ")}); ${OTHER_MACHINE}`;
    this.#sick.set(null, new Sickness(problem, pauseMilliseconds));
    return true;
  }

  #start(report: GpuReport): ReaderChild | undefined {
    const { root = "", library } = this.#options;
    try {
      this.#child ??= new ReaderChild({ root, ...(library === undefined ? {} : { library }) });
    } catch (error) {
      report.problems.push(`no process can be started to read the GPUs: ${messageOf(error)}`);
    }
    return this.#child;
  }

  /** True when there is no more to come: the answer is complete, or nobody wants it any more. */
  async #ask(child: ReaderChild, report: GpuReport): Promise<boolean> {
    const { patienceMilliseconds = PATIENCE_MILLISECONDS } = this.#options;
    const leftOut = [...this.#sick.keys()].filter((asked) => asked !== null);
    let asked: Asked | undefined;
    const failure = await child.ask(leftOut, patienceMilliseconds, (line) => {
      if ("asking" in line) asked = line.asking;
      if ("gpu" in line) report.gpus.push(line.gpu);
      if ("system" in line) Object.assign(report, line.system);
      if ("problem" in line) report.problems.push(line.problem);
    });
    if (failure === undefined || this.#child !== child) return true;
    this.#child = undefined;
    const who = asked === undefined ? "the kernel" : asked === null ? "the NVIDIA driver" : `GPU ${asked}`;
    const during = asked === undefined ? "" : ` while ${who} was asked; ${OTHER_MACHINE}`;
    const problem =
      failure === NO_ANSWER
        ? `${who} does not answer; ${OTHER_MACHINE}`
        : `the process that reads the GPUs ended with ${failure}${during}`;
    await this.#end(child, asked ?? null, problem);
    return false;
  }

  /** Ends a process. One that the kernel does not let go stays with who was asked, who is asked no more until it is gone. */
  async #end(child: ReaderChild, asked: Asked, problem?: string): Promise<void> {
    const { pauseMilliseconds = PAUSE_MILLISECONDS } = this.#options;
    if (problem !== undefined) this.#sick.set(asked, new Sickness(problem, pauseMilliseconds));
    if (await child.kill()) return;
    const held = `${problem ?? `the driver of a GPU does not answer; ${OTHER_MACHINE}`} (process ${child.pid} hangs in the kernel)`;
    this.#sick.set(asked, new Sickness(held, pauseMilliseconds, child));
  }

  /** What is known of GPUs that nobody was asked for: what they are. */
  #withoutAnswer({ gpus, driver, cuda, problems }: GpuReport): GpuReport {
    const known = new Set(gpus.map(({ uuid }) => uuid));
    const others = this.#last.gpus.filter(({ uuid }) => !known.has(uuid)).map((gpu) => withoutValues(gpu));
    return {
      gpus: [...gpus, ...others],
      driver: driver ?? this.#last.driver,
      cuda: cuda ?? this.#last.cuda,
      problems: [...problems, this.#sick.get(null)?.problem ?? ""],
    };
  }

  #addSick(report: GpuReport): void {
    for (const [index, { problem }] of this.#sick) {
      if (index === null) continue;
      const isIt = (gpu: Gpu) => gpu.vendor === "nvidia" && gpu.index === index;
      const last = this.#last.gpus.find(isIt) ?? unknownGpu("nvidia", index, `GPU ${index}`);
      report.gpus = [...report.gpus.filter((gpu) => !isIt(gpu)), { ...withoutValues(last), problem }];
    }
    report.gpus.sort(
      (one, other) => VENDORS.indexOf(one.vendor) - VENDORS.indexOf(other.vendor) || one.index - other.index,
    );
  }

  #stayForAWhile(): void {
    const { lingerMilliseconds = LINGER_MILLISECONDS } = this.#options;
    clearTimeout(this.#linger);
    const milliseconds = this.#isLeaving ? LEAVING_MILLISECONDS : lingerMilliseconds;
    this.#linger = setTimeout(() => this.close(), milliseconds).unref();
  }
}

const VENDORS: Gpu["vendor"][] = ["amd", "intel", "nvidia"];

function withoutValues({ index, vendor, uuid, pci, name, mig, problem }: Gpu): Gpu {
  return { ...unknownGpu(vendor, index, name), uuid, pci, mig, problem };
}
