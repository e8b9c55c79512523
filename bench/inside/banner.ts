import { connect } from "node:net";

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
  const socket = connect({ host, port });
  socket.once("data", (data) => resolve(data.toString().startsWith("SSH-")));
  socket.once("error", () => resolve(false));
  socket.once("close", () => resolve(false));
  const answer = await promise;
  socket.destroy();
  return answer;
}
