import { supervise } from "../container.ts";
import { median } from "../statistics.ts";
import { type Peer, status } from "../peers.ts";

type Supervisor = Exclude<Peer, "tini">;

const PROGRAMS = 10;
const CALLS = 15;

/** Milliseconds from a kill -9 of a program until its successor runs. */
export async function measureCrash(peer: Supervisor): Promise<number> {
  await using container = await supervise({ peer, count: PROGRAMS, logs: "none" });
  await container.measure("wait", "/run/starts", String(PROGRAMS));
  await Bun.sleep(2000);
  return median(await container.measure<number[]>("crash"));
}

/** Milliseconds until the last of so many orphans is reaped. */
export async function measureOrphans(peer: Supervisor, count: number): Promise<number> {
  await using container = await supervise({
    peer,
    count: 1,
    logs: "none",
    words: ["orphans", String(count)],
  });
  return await container.measure<number>("orphans");
}

export interface Latency {
  /** Milliseconds of a whole process that asks for the state of the programs. */
  idle: number;
  flood: number;
}

export async function measureStatus(peer: Supervisor): Promise<Latency> {
  const ask = async (words: string[]) => {
    await using container = await supervise({ peer, count: PROGRAMS, logs: "file", words });
    await container.measure("wait", "/run/starts", String(PROGRAMS));
    return median(await container.measure<number[]>("latency", String(CALLS), ...status[peer]));
  };
  return { idle: await ask(["run"]), flood: await ask(["lines", String(2 ** 40)]) };
}
