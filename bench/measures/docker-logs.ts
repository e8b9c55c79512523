import { join } from "node:path";
import { programs, type Supervised, supervise } from "../container.ts";
import { docker } from "../docker.ts";
import { type Arrival, arrival } from "../inside/arrival.ts";
import type { Throughput } from "../inside/throughput.ts";
import type { Measure } from "../measure.ts";
import { loggers } from "../peers.ts";
import { linesIn, percentWhole, rate, wholeBlocks } from "./files.ts";

const POLL_MILLISECONDS = 100;
const PATIENCE_MILLISECONDS = 60_000;
/** A supervisor may have words of its own after the last line. */
const TAIL_LINES = 20;

/** Waits until `docker logs` has the line of that number, or for a minute; when Docker took it, in Unix milliseconds. */
export async function untilLogged(container: Supervised, number: number): Promise<number> {
  const mark = ` ${String(number).padStart(8, "0")}x`;
  for (const giveUp = performance.now() + PATIENCE_MILLISECONDS; performance.now() < giveUp;) {
    const tail = await docker("logs", "--timestamps", "--tail", String(TAIL_LINES), container.id);
    const line = tail.split("\n").find((text) => text.includes(mark));
    if (line !== undefined) return Date.parse(line.slice(0, line.indexOf(" ")));
    await Bun.sleep(POLL_MILLISECONDS);
  }
  return Number.NaN;
}

/** Counts the lines of the probe in `docker logs`. */
export async function logged(container: Supervised): Promise<Arrival> {
  const counts = join(programs, "logged");
  const reader = `docker logs ${container.id} 2>/dev/null | ${join(programs, "reader")} ${counts}`;
  await Bun.spawn(["sh", "-c", reader]).exited;
  return arrival(counts);
}

export const dockerLogs: Measure = {
  part: "docker",
  title: "lines to docker logs",
  peers: [...loggers, "tini"],
  async run(peer, { dockerBytes }) {
    const bytes = wholeBlocks(dockerBytes);
    const words = ["lines", String(bytes), "1"];
    await using container = await supervise({ peer, count: 1, logs: "container", words });
    const { date } = await container.measure<Throughput>("throughput", "p", 1, 1, 0);
    const taken = await untilLogged(container, linesIn(bytes) - 1);
    const arrived = await logged(container);
    return {
      docker: rate(bytes, taken - date / 1e6),
      whole: percentWhole(arrived, linesIn(bytes)),
    };
  },
};
