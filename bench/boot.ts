import { type Candidate } from "./candidates.ts";
import { banner, docker, timed } from "./docker.ts";

export interface BootTimes {
  /** Milliseconds from `docker start` to the ssh banner, without host keys. */
  firstBoot: number;
  /** The same container started again: host keys are there. */
  secondBoot: number;
  /** Milliseconds of `docker stop`. */
  stop: number;
}

/** Boots a fresh container twice and stops it twice. */
export async function measureBoot({ create }: Candidate): Promise<BootTimes> {
  const id = await docker("create", ...create);
  try {
    const firstBoot = await startToBanner(id);
    await docker("stop", id);
    const secondBoot = await startToBanner(id);
    const stop = await timed(() => docker("stop", id));
    return { firstBoot, secondBoot, stop };
  } finally {
    await docker("rm", "-f", id);
  }
}

async function startToBanner(id: string): Promise<number> {
  const started = performance.now();
  await docker("start", id);
  const address = await docker(
    "inspect",
    "-f",
    "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
    id,
  );
  await banner(address, 22);
  return performance.now() - started;
}
