import { type Peer, stopAll } from "../peers.ts";
import { supervise } from "../container.ts";

export interface Scale {
  /** Milliseconds from the start of the supervisor until all programs run. */
  start: number;
  /** MB. */
  pss: number;
  dirty: number;
  /** Of an idle stretch: milliseconds of processor time, and context switches. */
  cpu: number;
  switches: number;
  /** Milliseconds of stopping all programs. */
  stop: number;
}

/** A number of programs that do nothing. */
export async function measureScale(
  peer: Exclude<Peer, "tini">,
  count: number,
  idleSeconds: number,
): Promise<Scale> {
  await using container = await supervise({ peer, count, logs: "none" });
  const start = await container.measure<number>("wait", "/run/starts", String(count));
  // Whatever follows a start is over.
  await Bun.sleep(5000);
  const footprint = await container.measure<Omit<Scale, "start" | "stop">>("footprint", String(idleSeconds));
  const stop = await container.measure<number>("stop", ...stopAll[peer]);
  return { start, ...footprint, stop };
}
