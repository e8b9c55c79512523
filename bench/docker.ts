import { createConnection } from "node:net";

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

const LONGEST_WAIT_MILLISECONDS = 30_000;

/** Resolves as soon as a server on that port sends its banner. */
export async function banner(host: string, port: number): Promise<void> {
  const giveUp = performance.now() + LONGEST_WAIT_MILLISECONDS;
  while (performance.now() < giveUp) {
    if (await sendsBanner(host, port)) return;
    await Bun.sleep(1);
  }
  throw new Error(`No ssh banner on ${host}:${port}`);
}

async function sendsBanner(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = createConnection({ host, port });
  socket.once("data", (data) => resolve(data.toString().startsWith("SSH-")));
  socket.once("error", () => resolve(false));
  socket.once("close", () => resolve(false));
  const answer = await promise;
  socket.destroy();
  return answer;
}
