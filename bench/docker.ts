/** Runs the docker client and returns what it printed. Throws when it fails. */
export async function docker(...args: string[]): Promise<string> {
  const child = Bun.spawn(["docker", ...args], { stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (code !== 0)
    throw new Error(`docker ${args.join(" ")} ended with ${code}: ${stderr.trim() || stdout.trim()}`);
  return stdout.trim();
}

/** Milliseconds that an action takes. */
export async function timed(action: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await action();
  return performance.now() - started;
}

const DEFAULT_ENGINE = "unix:///var/run/docker.sock";

export interface Usage {
  /** Milliseconds of processor time of all that ever ran in the container. */
  cpu: number;
  /** Processes and threads. */
  tasks: number;
}

/** What the cgroup of a container says, as the engine reads it: nothing runs in the container for that. */
export async function usage(id: string): Promise<Usage> {
  const engine = process.env["DOCKER_HOST"] ?? DEFAULT_ENGINE;
  if (!engine.startsWith("unix://"))
    throw new Error(
      `DOCKER_HOST: expected unix://PATH, got "${engine}"; the bench measures the machine it runs on`,
    );
  const answer = await fetch(`http://docker/containers/${id}/stats?stream=false&one-shot=true`, {
    unix: engine.slice("unix://".length),
  });
  if (!answer.ok) throw new Error(`Cannot read the statistics of ${id}: ${await answer.text()}`);
  const stats = (await answer.json()) as {
    cpu_stats: { cpu_usage: { total_usage: number } };
    pids_stats: { current?: number };
  };
  return { cpu: stats.cpu_stats.cpu_usage.total_usage / 1e6, tasks: stats.pids_stats.current ?? 0 };
}

const SETTLING_MILLISECONDS = 500;
/** 4 % of one processor: a supervisor that looks after a thousand programs once a second is at rest, too. */
const REST_CPU_MILLISECONDS = 20;

/** Waits until so many tasks run in a container and it is at rest; its processor time until then, in milliseconds. */
export async function settled(id: string, tasks: number): Promise<number> {
  for (let before = await usage(id); ;) {
    await Bun.sleep(SETTLING_MILLISECONDS);
    const now = await usage(id);
    if (now.tasks >= tasks && now.cpu - before.cpu < REST_CPU_MILLISECONDS) return before.cpu;
    before = now;
  }
}
