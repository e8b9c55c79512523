import { supervise } from "../container.ts";
import type { Measure } from "../measure.ts";
import { supervisors } from "../peers.ts";
import { publicKey } from "./boot.ts";
import { median } from "../statistics.ts";

const CRASHES = 3;
const ORPHANS = 10_000;

export const crash: Measure = {
  part: "crash",
  title: "kill -9 of a program",
  peers: supervisors,
  async run(peer) {
    await using container = await supervise({ peer, count: CRASHES, logs: "none" });
    await container.measure("started", CRASHES);
    // Programs that have been up for a second are no crash loop.
    await Bun.sleep(1500);
    return { crash: median(await container.measure<number[]>("crash")) };
  },
};

export const sshd: Measure = {
  part: "crash",
  title: "kill -9 of sshd",
  peers: supervisors,
  async run(peer) {
    const options = ["-e", `SSH_PUBKEY=${publicKey}`];
    await using container = await supervise({ peer, count: 1, logs: "sshd", options });
    return { sshd: await container.measure<number>("sshd") };
  },
};

/** supervisord reaps a hundred a second; nobody wants to wait for it. */
export const orphans: Measure = {
  part: "orphans",
  title: "10,000 orphans",
  peers: ["ai-dock", "s6", "dinit"],
  async run(peer) {
    const words = ["orphans", String(ORPHANS)];
    await using container = await supervise({ peer, count: 1, logs: "none", words });
    return { orphans: await container.measure<number>("orphans") };
  },
};
