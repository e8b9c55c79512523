import { type Supervised, supervise } from "../container.ts";
import { docker, settled, usage } from "../docker.ts";
import type { Switches } from "../inside/switches.ts";
import type { Measure } from "../measure.ts";
import { type Peer, peers } from "../peers.ts";

const WINDOW_SECONDS = 30;
const POLL_MILLISECONDS = 250;
/** What a supervisor puts in order after the start is over by then. With a health check: after one, and before the next. */
const REST_MILLISECONDS = 10_000;
/** Half a minute after a boot, helper threads of Bun have ended, which find nothing more to do. */
const LONG_REST_MILLISECONDS = 35_000;

/** Processor time of a container in so many seconds, in milliseconds for each 30 s. */
async function idleCpu(container: Supervised, seconds: number): Promise<number> {
  const before = await usage(container.id);
  await Bun.sleep(seconds * 1000);
  return (((await usage(container.id)).cpu - before.cpu) / seconds) * WINDOW_SECONDS;
}

/** A whole number of intervals between health checks, begun just after one: no luck decides how many checks are in. */
async function withHealthCheck(peer: Peer): Promise<number> {
  await using container = await supervise({ peer, count: 1, logs: "none", healthCheck: true });
  const inspect = (format: string) => docker("inspect", "--format", format, container.id);
  while ((await inspect("{{.State.Health.Status}}")) !== "healthy") await Bun.sleep(POLL_MILLISECONDS);
  await Bun.sleep(REST_MILLISECONDS);
  const interval = Number(await inspect('{{printf "%d" .Config.Healthcheck.Interval}}')) / 1e9;
  return await idleCpu(container, Math.ceil(WINDOW_SECONDS / interval) * interval);
}

async function withoutHealthCheck(peer: Peer): Promise<{ cpu: number; switches: number }> {
  await using container = await supervise({ peer, count: 1, logs: "none" });
  await Bun.sleep(LONG_REST_MILLISECONDS);
  const before = await container.measure<Switches>("switches");
  await settled(container.id, 1);
  const cpu = await idleCpu(container, WINDOW_SECONDS);
  const after = await container.measure<Switches>("switches");
  const seconds = (after.at - before.at) / 1000;
  return { cpu, switches: (switchesBetween(before, after) / seconds) * WINDOW_SECONDS };
}

/** Those of threads that are still there. */
function switchesBetween(before: Switches, after: Switches): number {
  const counts = Object.entries(after.byThread).map(
    ([thread, count]) => count - (before.byThread[thread] ?? 0),
  );
  return counts.reduce((total, count) => total + count, 0);
}

/** Measured of all peers at the same time: containers that do nothing do not disturb each other. */
export const idle: Measure = {
  part: "idle",
  title: "a container that does nothing",
  peers,
  together: true,
  async run(peer) {
    const [idleHealth, { cpu, switches }] = await Promise.all([
      withHealthCheck(peer),
      withoutHealthCheck(peer),
    ]);
    return { idleHealth, idle: cpu, switches };
  },
};
