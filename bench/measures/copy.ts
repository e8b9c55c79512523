import { supervise } from "../container.ts";
import type { Throughput } from "../inside/throughput.ts";
import type { Measure } from "../measure.ts";
import { loggers } from "../peers.ts";
import { linesIn, percentWhole, rate, wholeBlocks } from "./files.ts";

/** Programs that write: supervisord needs two for what the others do with one. */
export function writersOf(peer: string): number {
  return peer === "supervisord" ? 2 : 1;
}

export const copy: Measure = {
  part: "copy",
  title: "blocks to a rotated file and to the container's output",
  peers: loggers,
  async run(peer, { fileBytes }) {
    const bytes = wholeBlocks(fileBytes);
    const words = ["blocks", String(bytes), "1"];
    await using container = await supervise({ peer, count: 1, logs: "both", words, driver: "none" });
    const waiting = ["p", 1, writersOf(peer), linesIn(bytes)];
    const { arriving, cpu, arrived } = await container.measure<Throughput>("throughput", ...waiting);
    return {
      copy: rate(bytes, arriving),
      copyCpu: cpu / 1000,
      copyWhole: percentWhole(arrived, linesIn(bytes)),
      copyTorn: arrived.torn,
    };
  },
};
