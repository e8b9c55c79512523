import { loadArguments, nextName } from "./container.ts";
import { banner, docker, timed } from "./docker.ts";
import { type Peer, peersImage } from "./peers.ts";

export interface BootTimes {
  /** Milliseconds from `docker start` to the ssh banner, without host keys. */
  firstBoot: number;
  /** The same container started again: host keys are there. */
  secondBoot: number;
  /** Milliseconds of `docker stop`. */
  stop: number;
}

// Any well-formed key makes the server start; nobody logs in.
const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMzRJMj3vX0bHV9n5a4vDT9cAe5hRgnDGW5a9mIbh0gm bench";
const serve = "mkdir -p /run/sshd && ssh-keygen -A >/dev/null && exec /usr/sbin/sshd -D -e";

/** The same image and sshd for each; tini as Docker ships it, with the least that serves ssh. */
const create: Record<"ai-dock" | "tini", string[]> = {
  "ai-dock": ["-e", `SSH_PUBKEY=${publicKey}`, peersImage],
  tini: ["--init", "--entrypoint", "/bin/sh", peersImage, "-c", serve],
};

const ADDRESS = "172.31.231.2";
const SUBNET = "172.31.231.0/24";

/** Makes a network in which an address is known before the start. The result removes it. */
export async function benchNetwork(): Promise<{ name: string; remove: () => Promise<unknown> }> {
  const name = `ai-dock-bench-${process.pid}`;
  await docker("network", "create", "--subnet", SUBNET, name);
  return { name, remove: () => docker("network", "rm", name) };
}

/** Boots a fresh container twice and stops it twice. */
export async function measureBoot(peer: "ai-dock" | "tini", network: string): Promise<BootTimes> {
  const name = nextName();
  await docker("create", "--name", name, "--network", network, "--ip", ADDRESS, ...create[peer]);
  try {
    const firstBoot = await startToBanner(name);
    await docker("stop", name);
    const secondBoot = await startToBanner(name);
    const stop = await timed(() => docker("stop", name));
    return { firstBoot, secondBoot, stop };
  } finally {
    await docker("rm", "-f", name);
  }
}

async function startToBanner(name: string): Promise<number> {
  return timed(async () => {
    await docker("start", name);
    await banner(ADDRESS, 22);
  });
}

const PROGRAMS = 100;

/** Milliseconds of `docker stop` with a hundred programs. */
export async function measureStop(peer: Exclude<Peer, "tini">): Promise<number> {
  const name = nextName();
  await docker("run", "-d", "--name", name, ...loadArguments({ peer, count: PROGRAMS, logs: "none" }));
  await docker("exec", name, "bun", "/inside/wait.ts", "/run/starts", String(PROGRAMS));
  await Bun.sleep(2000);
  const stop = await timed(() => docker("stop", name));
  await docker("rm", "-f", name);
  return stop;
}
