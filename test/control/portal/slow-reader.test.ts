import { expect, test } from "bun:test";
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { startPortal, until } from "../../portal/_portal.ts";

const control = (directory: string) => `${directory}/portal.sock`;

/** Asks PID 1's side for a stream by hand; what comes is read once the socket is resumed. */
async function ask(directory: string, path: string): Promise<Socket> {
  const socket = createConnection(control(directory));
  await once(socket, "connect");
  socket.pause();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ai-dock\r\n\r\n`);
  return socket;
}

/** Services whose description is larger than what sockets hold by themselves. */
const large = (number: number) => [
  {
    port: 8188,
    name: `round ${number} ${"x".repeat(4 * 1024 * 1024)}`,
    kind: "app" as const,
    appHost: "127.0.0.1",
    appPort: 18188,
    path: "/",
    auth: true,
    guarded: true,
    program: null,
    ready: true,
    reason: null,
    links: [],
    sources: ["program" as const],
  },
];

const ROUNDS = 8;

test("a portal that hangs gets the last state once it reads again, and nothing is kept for it until then", async () => {
  await using portal = await startPortal();
  const socket = await ask(portal.directory, "/events");
  const reader = new AbortController();
  // Another reader shows when a state has been sent.
  const seen: string[] = [];
  const live = (async () => {
    const response = await portal.control.events(reader.signal);
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? [])
      for (const [round] of decoder.decode(chunk, { stream: true }).matchAll(/round \d+/g)) seen.push(round);
  })().catch(() => undefined);
  for (let round = 1; round <= ROUNDS; round++) {
    portal.world.services = large(round);
    portal.tell("state");
    await until(() => seen.includes(`round ${round}`));
  }
  reader.abort();
  await live;
  const got: string[] = [];
  socket.on("data", (chunk) => {
    for (const [round] of chunk.toString("latin1").matchAll(/round \d+/g)) got.push(round);
  });
  socket.resume();
  await until(() => got.includes(`round ${ROUNDS}`));
  socket.destroy();
  expect(got.length).toBeLessThan(ROUNDS / 2);
});

test("so many streams and no more, until one of them ends", async () => {
  await using portal = await startPortal();
  const status = async () => {
    const socket = await ask(portal.directory, "/logs/watch?name=none");
    socket.resume();
    const [chunk] = (await once(socket, "data")) as [Buffer];
    return { socket, status: Number(chunk.toString().slice(9, 12)) };
  };
  const open: Socket[] = [];
  for (;;) {
    const answer = await status();
    if (answer.status !== 200) {
      expect(answer.status).toBe(403);
      answer.socket.destroy();
      break;
    }
    open.push(answer.socket);
    if (open.length > 2000) throw new Error("there is no end");
  }
  expect((await portal.check("/", { headers: { Authorization: "Bearer token-one" } })).status).toBe(204);
  open.pop()?.destroy();
  await until(async () => {
    const answer = await status();
    answer.socket.destroy();
    return answer.status === 200;
  });
  for (const socket of open) socket.destroy();
});
