import { docker } from "../docker.ts";
import { loadArguments, nextName, supervise } from "../container.ts";
import type { Peer } from "../peers.ts";

type Supervisor = Exclude<Peer, "tini">;

export interface Throughput {
  /** MB a second. */
  rate: number;
  /** Processor seconds of the supervisor. */
  cpu: number;
}

const MEGABYTE = 1e6;

/** A program that writes so many bytes to a rotated file, in blocks or a line at a time. */
export async function measureFile(
  peer: Supervisor,
  verb: "blocks" | "lines",
  bytes: number,
): Promise<Throughput> {
  await using container = await supervise({
    peer,
    count: 1,
    logs: "file",
    words: [verb, String(bytes)],
    dropOutput: true,
  });
  const { seconds, cpu } = await container.measure<{ seconds: number; cpu: number }>("throughput");
  return { rate: bytes / MEGABYTE / seconds, cpu };
}

export interface Arrival {
  rate: number;
  /** Lines that came whole, of those that were written. */
  whole: number;
}

const LINE_BYTES = 100;
const QUIET_MILLISECONDS = 2000;

/** A program that writes lines to the container's output, as `docker logs` gives them afterwards. */
export async function measureContainerOutput(peer: Peer, lines: number): Promise<Arrival> {
  const name = nextName();
  const words = ["lines", String(lines * LINE_BYTES)];
  await docker("run", "-d", "--name", name, ...loadArguments({ peer, count: 1, logs: "container", words }));
  const child = Bun.spawn(["docker", "logs", "-f", name], { stdout: "pipe", stderr: "ignore" });
  const counter = new LineCounter();
  let started = 0;
  let last = 0;
  let timer: Timer | undefined;
  for await (const chunk of child.stdout) {
    started ||= performance.now();
    last = performance.now();
    counter.push(chunk);
    clearTimeout(timer);
    timer = setTimeout(() => child.kill(), QUIET_MILLISECONDS);
  }
  await docker("rm", "-f", "-v", name);
  return { rate: (lines * LINE_BYTES) / MEGABYTE / ((last - started) / 1000), whole: counter.whole / lines };
}

/** Counts the lines that end in as many x as the probe writes, whatever a supervisor puts before them. */
class LineCounter {
  whole = 0;
  #rest = "";

  push(chunk: Uint8Array): void {
    const lines = (this.#rest + Buffer.from(chunk).toString("latin1")).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) if (/^(?:[^x]*\| )?x{99}\r?$/.test(line)) this.whole++;
  }
}
