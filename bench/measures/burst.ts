import { supervise } from "../container.ts";
import type { Throughput } from "../inside/throughput.ts";
import type { Measure } from "../measure.ts";
import { loggers } from "../peers.ts";
import { median } from "../statistics.ts";
import { writersOf } from "./copy.ts";
import { logged, untilLogged } from "./docker-logs.ts";
import { linesIn, percentWhole, wholeBlocks } from "./files.ts";

const BURST_BYTES = wholeBlocks(40e6);

export const burst: Measure = {
  part: "burst",
  title: "bursts of 40 MB into Docker's log",
  peers: loggers,
  async run(peer, { bursts }) {
    const words = ["blocks", String(BURST_BYTES), String(bursts)];
    await using container = await supervise({ peer, count: 1, logs: "burst", words });
    const held: number[] = [];
    const free: number[] = [];
    for (let time = 1; time <= bursts; time++) {
      free.push((await container.measure<Throughput>("throughput", "free", time, 1, 0)).writing);
      const writers = writersOf(peer);
      held.push((await container.measure<Throughput>("throughput", "held", time, writers, 0)).writing);
      await untilLogged(container, linesIn(BURST_BYTES) * time - 1);
    }
    const arrived = await logged(container);
    return {
      burstHeld: median(held),
      burst: median(held) / median(free),
      burstWhole: percentWhole(arrived, linesIn(BURST_BYTES) * bursts),
    };
  },
};
