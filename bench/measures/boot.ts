import { benchAddress, benchNetwork } from "../network.ts";
import { banner } from "../inside/banner.ts";
import { create, supervise } from "../container.ts";
import { docker, settled, timed } from "../docker.ts";
import type { Measure } from "../measure.ts";
import { type Peer, peersImage, supervisors } from "../peers.ts";

/** Any well-formed key makes the server start; nobody logs in. */
export const publicKey =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMzRJMj3vX0bHV9n5a4vDT9cAe5hRgnDGW5a9mIbh0gm bench";
const serve = "mkdir -p /run/sshd && ssh-keygen -A >/dev/null && exec /usr/sbin/sshd -D -e";

/** The same image and sshd for each: ai-dock as it ships; tini as Docker ships it, with the least that serves ssh. */
function bootArguments(peer: Peer): string[] {
  return peer === "ai-dock"
    ? ["-e", `SSH_PUBKEY=${publicKey}`, peersImage]
    : ["--init", "--no-healthcheck", "--entrypoint", "/bin/sh", peersImage, "-c", serve];
}

export const boot: Measure = {
  part: "boot",
  title: "start to banner, twice, and docker stop",
  peers: ["ai-dock", "tini"],
  times: 5,
  async run(peer) {
    const network = await benchNetwork();
    await using container = await create("--network", network, "--ip", benchAddress, ...bootArguments(peer));
    const firstBoot = await startToBanner(container.id);
    await docker("stop", container.id);
    const secondBoot = await startToBanner(container.id);
    const stop = await timed(() => docker("stop", container.id));
    return { firstBoot, secondBoot, stop };
  },
};

async function startToBanner(id: string): Promise<number> {
  return timed(async () => {
    await docker("start", id);
    await banner(benchAddress, 22);
  });
}

const PROGRAMS = 100;

export const stop: Measure = {
  part: "boot",
  title: "docker stop with 100 programs",
  peers: supervisors,
  async run(peer) {
    await using container = await supervise({ peer, count: PROGRAMS, logs: "none" });
    await settled(container.id, PROGRAMS);
    return { stop100: await timed(() => docker("stop", container.id)) };
  },
};
