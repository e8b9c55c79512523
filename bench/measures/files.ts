import { supervise } from "../container.ts";
import type { Arrival } from "../inside/arrival.ts";
import type { Throughput } from "../inside/throughput.ts";
import type { Measure } from "../measure.ts";
import { loggers } from "../peers.ts";

/** A write of the probe: what the bytes of a program are a multiple of. */
const BLOCK_BYTES = 65_600;
const LINE_BYTES = 100;
const BYTES_PER_MILLISECOND = 1000;

/** The bytes that the probe writes when it is asked for so many. */
export function wholeBlocks(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

export function linesIn(bytes: number): number {
  return bytes / LINE_BYTES;
}

/** Per cent of the lines that came whole and in order. A line that comes twice counts as one that did not come. */
export function percentWhole({ whole, disordered }: Arrival, lines: number): number {
  const good = whole - disordered;
  return ((good > lines ? 2 * lines - good : good) / lines) * 100;
}

/** MB a second. */
export function rate(bytes: number, milliseconds: number): number {
  return bytes / milliseconds / BYTES_PER_MILLISECOND;
}

export const blocks: Measure = {
  part: "files",
  title: "blocks to a rotated file",
  peers: loggers,
  async run(peer, { fileBytes }) {
    const bytes = wholeBlocks(fileBytes);
    const words = ["blocks", String(bytes), "1"];
    await using container = await supervise({ peer, count: 1, logs: "file", words, driver: "none" });
    const { writing, cpu } = await container.measure<Throughput>("throughput", "p", 1, 1, 0);
    return { blocks: rate(bytes, writing), blocksCpu: cpu / 1000 };
  },
};

export const lines: Measure = {
  part: "files",
  title: "one write a line to a rotated file",
  peers: loggers,
  async run(peer, { lineBytes }) {
    const bytes = wholeBlocks(lineBytes);
    const words = ["lines", String(bytes), "1"];
    await using container = await supervise({ peer, count: 1, logs: "file", words, driver: "none" });
    const { writing, cpu } = await container.measure<Throughput>("throughput", "p", 1, 1, 0);
    return { lines: rate(bytes, writing), linesCpu: cpu / 1000 };
  },
};
