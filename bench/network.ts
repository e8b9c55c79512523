import { atExit } from "./container.ts";
import { docker } from "./docker.ts";

/** The address of the one container in the bench's network, known before its start. */
export const benchAddress = "172.31.231.2";
const SUBNET = "172.31.231.0/24";

let made: Promise<string> | undefined;

/** A network of the bench's own, made once and removed at its end. */
export function benchNetwork(): Promise<string> {
  made ??= make();
  return made;
}

async function make(): Promise<string> {
  const name = `ai-dock-bench-${process.pid}`;
  await docker("network", "create", "--subnet", SUBNET, name);
  atExit(() => Bun.spawnSync(["docker", "network", "rm", name]));
  return name;
}
