import { messageOf } from "../../errors.ts";
import { hasGpuNodes } from "./nodes.ts";
import { NO_ANSWER, ReaderChild } from "./reader-child.ts";
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
}

const PATIENCE_MILLISECONDS = 10_000;
const PAUSE_MILLISECONDS = 30_000;
const LINGER_MILLISECONDS = 60_000;

/**
 * Reads what the GPUs of this container do, by a process of its own: a driver that does not answer holds up nobody here.
 * Without a GPU, none is started. It ends with `close()`, and by itself once nobody has read for a minute.
 */
export class GpuReader {
  readonly #options: GpuReaderOptions;
  #child: ReaderChild | undefined;
  /** Killed, and held by the kernel. */
  #abandoned: ReaderChild | undefined;
  #reading: Promise<GpuReport> | undefined;
  #last: GpuReport | undefined;
  #notBefore = 0;
  #linger: Timer | undefined;

  constructor(options: GpuReaderOptions = {}) {
    this.#options = options;
  }

  /** Never rejects. Who asks while an answer is on its way gets the same one. */
  read(): Promise<GpuReport> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  /** Ends the process; an answer on its way is then what is known by now. A later read starts another process. */
  close(): void {
    clearTimeout(this.#linger);
    const child = this.#child;
    this.#child = undefined;
    if (child !== undefined) void this.#end(child);
  }

  async #read(): Promise<GpuReport> {
    const { root = "", library, patienceMilliseconds = PATIENCE_MILLISECONDS } = this.#options;
    if (!hasGpuNodes(root)) return emptyReport();
    if (this.#abandoned?.isOver === true) this.#abandoned = undefined;
    if (this.#abandoned !== undefined || performance.now() < this.#notBefore) return this.#unknown();
    clearTimeout(this.#linger);
    const report = emptyReport();
    try {
      this.#child ??= new ReaderChild({ root, ...(library === undefined ? {} : { library }) });
    } catch (error) {
      report.problems.push(`no process can be started to read the GPUs: ${messageOf(error)}`);
      return report;
    }
    const child = this.#child;
    let asked: number | null | undefined;
    const failure = await child.ask(patienceMilliseconds, (line) => {
      if ("asking" in line) asked = line.asking;
      if ("gpu" in line) report.gpus.push(line.gpu);
      if ("system" in line) Object.assign(report, line.system);
      if ("problem" in line) report.problems.push(line.problem);
    });
    if (failure === undefined) this.#stayForAWhile();
    else if (this.#child === child) await this.#fail(child, report, failure, asked);
    this.#last = report;
    return report;
  }

  async #fail(child: ReaderChild, report: GpuReport, failure: string, asked: number | null | undefined) {
    const who = whoIs(asked);
    const during = asked === undefined ? "" : ` while ${who} was asked; ${OTHER_MACHINE}`;
    const problem =
      failure === NO_ANSWER
        ? `${who} does not answer; ${OTHER_MACHINE}`
        : `the process that reads the GPUs ended with ${failure}${during}`;
    if (typeof asked === "number")
      report.gpus.push({ ...unknownGpu("nvidia", asked, `GPU ${asked}`), problem });
    this.#child = undefined;
    this.#notBefore = performance.now() + (this.#options.pauseMilliseconds ?? PAUSE_MILLISECONDS);
    const isOver = await this.#end(child);
    report.problems.push(isOver ? problem : `${problem} (process ${child.pid} hangs in the kernel)`);
  }

  async #end(child: ReaderChild): Promise<boolean> {
    const isOver = await child.kill();
    if (!isOver) this.#abandoned = child;
    return isOver;
  }

  /** What is known of the GPUs while nobody is asked: what they are, and why. */
  #unknown(): GpuReport {
    const { gpus, ...rest } = this.#last ?? emptyReport();
    return { ...rest, gpus: gpus.map((gpu) => withoutValues(gpu)) };
  }

  #stayForAWhile(): void {
    const { lingerMilliseconds = LINGER_MILLISECONDS } = this.#options;
    this.#linger = setTimeout(() => this.close(), lingerMilliseconds).unref();
  }
}

const OTHER_MACHINE =
  "rent another machine; on one of your own: dmesg | grep Xid, then reset the GPU or reboot";

function whoIs(asked: number | null | undefined): string {
  if (asked === undefined) return "the kernel";
  return asked === null ? "the NVIDIA driver" : `GPU ${asked}`;
}

function withoutValues({ index, vendor, uuid, pci, name, mig, problem }: Gpu): Gpu {
  return { ...unknownGpu(vendor, index, name), uuid, pci, mig, problem };
}
