import { type Load, type Supervised, supervise } from "../container.ts";
import { docker, settled } from "../docker.ts";
import type { Throughput } from "../inside/throughput.ts";
import type { Measure } from "../measure.ts";
import { status, type Supervisor, supervisors, tail } from "../peers.ts";
import { median } from "../statistics.ts";
import { writersOf } from "./copy.ts";
import { wholeBlocks } from "./files.ts";

const PROGRAMS = 10;
const CALLS = 9;
const ENDLESS = ["lines", String(2 ** 50), "1"];
const LOG_BYTES = wholeBlocks(20e6);

/** What follows the start of the programs is over by then. */
const BOOT_MILLISECONDS = 1500;

/** Milliseconds of a whole process, the median of some. */
async function latency(container: Supervised, command: string[]): Promise<number> {
  return median(await container.measure<number[]>("latency", CALLS, ...command));
}

async function idleStatus(peer: Supervisor): Promise<number> {
  await using container = await supervise({ peer, count: PROGRAMS, logs: "none" });
  await settled(container.id, PROGRAMS);
  return await latency(container, status[peer]);
}

async function floodedStatus(peer: Supervisor, logs: Load["logs"]): Promise<number> {
  await using container = await supervise({ peer, count: PROGRAMS, logs, words: ENDLESS, driver: "none" });
  await container.measure("started", PROGRAMS * (logs === "both" ? writersOf(peer) : 1));
  await Bun.sleep(BOOT_MILLISECONDS);
  await docker("exec", container.id, "touch", "/run/go.p.1");
  return await latency(container, status[peer]);
}

export const statuses: Measure = {
  part: "status",
  title: "status at rest",
  peers: supervisors,
  async run(peer) {
    return { status: await idleStatus(peer as Supervisor) };
  },
};

export const floodedStatuses: Measure = {
  part: "status",
  title: "status in a flood",
  peers: ["ai-dock", "supervisord"],
  async run(peer) {
    return {
      statusFlood: await floodedStatus(peer as Supervisor, "file"),
      statusCopy: await floodedStatus(peer as Supervisor, "both"),
    };
  },
};

export const tails: Measure = {
  part: "status",
  title: "the end of a log",
  peers: ["ai-dock", "supervisord"],
  async run(peer) {
    const words = ["lines", String(LOG_BYTES), "1"];
    await using container = await supervise({ peer, count: 1, logs: "file", words, driver: "none" });
    await container.measure<Throughput>("throughput", "p", 1, 1, 0);
    return { tail: await latency(container, tail[peer as keyof typeof tail]) };
  },
};
