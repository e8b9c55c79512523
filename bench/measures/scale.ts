import { create, loadArguments, supervise } from "../container.ts";
import { docker, settled } from "../docker.ts";
import type { Memory } from "../inside/memory.ts";
import type { Started } from "../inside/started.ts";
import type { Measure } from "../measure.ts";
import { stopAll, type Supervisor, supervisors } from "../peers.ts";

const PROGRAMS = 1000;

export const one: Measure = {
  part: "scale",
  title: "memory with 1 program",
  peers: supervisors,
  async run(peer) {
    await using container = await supervise({ peer, count: 1, logs: "none" });
    await settled(container.id, 2);
    const { pss, dirty } = await container.measure<Memory>("memory");
    return { pss1: pss, dirty1: dirty };
  },
};

/**
 * A container whose configuration its first start has written, so that its second one is the start of a supervisor and
 * nothing else; and whose cgroup nobody disturbs before all is at rest.
 */
export const thousand: Measure = {
  part: "scale",
  title: "1,000 programs",
  peers: supervisors,
  async run(peer) {
    const options = ["-e", "PREPARE=1"];
    const load = loadArguments({ peer, count: PROGRAMS, logs: "none", program: "sleeper", options });
    await using container = await create(...load);
    await docker("start", "--attach", container.id);
    await docker("start", container.id);
    const cpu = await settled(container.id, PROGRAMS);
    const { fromContainer, fromExec } = await container.measure<Started>("started", PROGRAMS);
    const { pss, dirty } = await container.measure<Memory>("memory");
    const stop = await container.measure<number>("stop", ...stopAll[peer as Supervisor]);
    return {
      boot1000: fromContainer,
      start1000: fromExec,
      boot1000Cpu: cpu / 1000,
      pss1000: pss,
      dirty1000: dirty,
      stop1000: stop,
    };
  },
};
