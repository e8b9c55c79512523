import { create, type Load, loadArguments, type Supervised, supervise } from "../container.ts";
import { docker, settled } from "../docker.ts";
import type { Memory } from "../inside/memory.ts";
import type { Started } from "../inside/started.ts";
import type { Measure } from "../measure.ts";
import { type Peer, stopAll, type Supervisor, supervisors } from "../peers.ts";

const PROGRAMS = 1000;
/** What a supervisor puts in order after the start is over by then. */
const REST_MILLISECONDS = 5000;

async function memoryAtRest(container: Supervised): Promise<Memory> {
  await Bun.sleep(REST_MILLISECONDS);
  return container.measure<Memory>("memory");
}

/** Measured of all peers at the same time: they share no page, and do nothing meanwhile. */
export const one: Measure = {
  part: "scale",
  title: "memory with 1 program",
  peers: supervisors,
  together: true,
  async run(peer) {
    await using container = await supervise({ peer, count: 1, logs: "none" });
    await settled(container.id, 2);
    const { pss, dirty } = await memoryAtRest(container);
    return { pss1: pss, dirty1: dirty };
  },
};

/**
 * A container whose configuration its first start has written, so that its second one is the start of a supervisor and
 * nothing else; and whose cgroup nobody disturbs before all is at rest.
 */
async function prepared(peer: Peer, program: NonNullable<Load["program"]>): Promise<Supervised> {
  const options = ["-e", "PREPARE=1"];
  const container = await create(...loadArguments({ peer, count: PROGRAMS, logs: "none", program, options }));
  await docker("start", "--attach", container.id);
  await docker("start", container.id);
  return container;
}

export const thousandStatic: Measure = {
  part: "scale",
  title: "1,000 statically linked programs",
  peers: supervisors,
  async run(peer) {
    await using container = await prepared(peer, "probe");
    await settled(container.id, PROGRAMS);
    const { fromExec } = await container.measure<Started>("started", PROGRAMS);
    const { pss, dirty } = await memoryAtRest(container);
    const stop = await container.measure<number>("stop", ...stopAll[peer as Supervisor]);
    return { start1000: fromExec, pss1000: pss, dirty1000: dirty, stop1000: stop };
  },
};

export const thousandDynamic: Measure = {
  part: "scale",
  title: "1,000 dynamically linked programs",
  peers: supervisors,
  async run(peer) {
    await using container = await prepared(peer, "sleeper");
    const cpu = await settled(container.id, PROGRAMS);
    const { fromContainer } = await container.measure<Started>("started", PROGRAMS);
    return { boot1000: fromContainer, boot1000Cpu: cpu / 1000 };
  },
};
