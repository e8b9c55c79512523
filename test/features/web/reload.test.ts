import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect, createServer } from "node:net";
import { connect as connectTls } from "node:tls";
import { Refused } from "../../../src/features/web/admin.ts";
import type { Site } from "../../../src/features/web/site.ts";
import { freePort } from "../../free-port.ts";
import { CADDY, Front, site } from "./_caddy.ts";

const CLIENTS = 6;
const ROUNDS = 6;
/** Clients share the machine with other tests, where a handshake may take long. */
const lastRead = 1500;

const app = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request, server) {
    const { pathname } = new URL(request.url);
    if (pathname === "/ws" && server.upgrade(request)) return undefined;
    return new Response(pathname === "/events" ? events() : "here");
  },
  websocket: { message: (socket, message) => void socket.send(message) },
});
afterAll(() => app.stop(true));

async function* events() {
  for (let number = 0; ; number++) {
    yield `data: ${number}\n\n`;
    await Bun.sleep(20);
  }
}

interface Counts {
  answered: number;
  /** Closed between two requests, after an answer that said so, and without a word. */
  told: number;
  closed: number;
  /** Sent, and the connection ended without an answer. */
  lost: number;
}

interface Client {
  port: number;
  tls?: boolean;
  /** Sends one request after the other on each connection. */
  keepAlive?: boolean;
  /** Milliseconds between the connection and its first request. */
  slow?: number;
}

/** One connection after the other until `over`, with nothing sent twice: what a client sees that never tries again. */
async function ask({ port, tls, keepAlive, slow }: Client, counts: Counts, over: AbortSignal) {
  while (!over.aborted) {
    const where = { port, host: "127.0.0.1" };
    const socket = tls ? connectTls({ ...where, rejectUnauthorized: false }) : connect(where);
    const end = keepAlive ? "" : "Connection: close\r\n";
    let isAsked = false;
    let text = "";
    const send = () => {
      isAsked = true;
      text = "";
      socket.write(`GET /x HTTP/1.1\r\nHost: a\r\n${end}\r\n`);
    };
    socket.on(tls ? "secureConnect" : "connect", () => setTimeout(send, slow ?? 0));
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => {
      text += bytes.toString();
      if (!text.endsWith("here")) return;
      isAsked = false;
      counts.answered++;
      if (over.aborted) socket.end();
      else if (keepAlive && /^connection: close/im.test(text)) counts.told++;
      else if (keepAlive) send();
    });
    await new Promise((resolve) => socket.on("close", resolve));
    if (isAsked || text === "") counts.lost++;
    else if (keepAlive && !over.aborted && !/^connection: close/im.test(text)) counts.closed++;
  }
}

const newCounts = (): Counts => ({ answered: 0, told: 0, closed: 0, lost: 0 });

/** Runs clients while something is done with Caddy. */
async function during(client: Client, work: () => Promise<void>): Promise<Counts> {
  const counts = newCounts();
  const over = new AbortController();
  const clients = Array.from({ length: CLIENTS }, () => ask(client, counts, over.signal));
  await work();
  over.abort();
  await Promise.all(clients);
  return counts;
}

setDefaultTimeout(60_000);

describe.skipIf(CADDY === undefined)("a new configuration", () => {
  /** Caddy gets and loses another service, again and again. */
  async function reload(front: Front, one: Site, more: Partial<Parameters<Front["load"]>[0]> = {}) {
    const other = site(app.port!);
    for (let round = 0; round < ROUNDS; round++) {
      await front.load({ sites: round % 2 === 0 ? [one, other] : [one], ...more });
      await Bun.sleep(30);
    }
  }

  const tls = { names: ["a"] };

  test.each([
    ["http", {}, {}],
    ["http, whose requests come late", { slow: 50 }, {}],
    ["https", { tls: true }, { tls }],
  ])("takes no request from clients that never use a connection twice, by %s", async (_, client, more) => {
    await using front = await new Front({ lastRead }).start();
    const one = site(app.port!);
    await front.load({ sites: [one], ...more });
    const counts = await during({ port: one.port, ...client }, () => reload(front, one, more));
    expect(counts).toEqual({ ...newCounts(), answered: expect.any(Number) as number });
    expect(counts.answered).toBeGreaterThan(CLIENTS * ROUNDS);
  });

  test("takes no request from connections in use, which are told to end", async () => {
    await using front = await new Front({ lastRead }).start();
    const one = site(app.port!);
    await front.load({ sites: [one] });
    const counts = await during({ port: one.port, keepAlive: true }, () => reload(front, one));
    expect(counts.lost).toBe(0);
    expect(counts.told).toBeGreaterThan(CLIENTS);
    expect(counts.answered).toBeGreaterThan(CLIENTS * ROUNDS);
    expect(existsSync(front.leavingFile)).toBe(false);
  });

  test("cuts neither websockets nor events", async () => {
    await using front = await new Front().start();
    const one = site(app.port!);
    await front.load({ sites: [one] });
    const socket = new WebSocket(`ws://127.0.0.1:${one.port}/ws`);
    await once(socket, "open");
    const stream = (await fetch(`http://127.0.0.1:${one.port}/events`)).body!.getReader();
    await stream.read();
    await reload(front, one);
    socket.send("still here");
    const [message] = (await once(socket, "message")) as [MessageEvent];
    expect(message.data).toBe("still here");
    expect((await stream.read()).done).toBe(false);
    await stream.cancel();
    socket.close();
  });

  test("that Caddy refuses takes no request either", async () => {
    await using front = await new Front().start();
    const one = site(app.port!);
    await front.load({ sites: [one] });
    const bad = { ...one, template: [{ handle: [{ handler: "no such handler" }] }] };
    const counts = await during({ port: one.port }, async () => {
      for (let round = 0; round < ROUNDS / 2; round++)
        expect(await front.load({ sites: [bad] }).catch((error: unknown) => error)).toBeInstanceOf(Refused);
    });
    expect(counts).toEqual({ ...newCounts(), answered: expect.any(Number) as number });
  });

  test("finds a port taken before anything changes, and leaves one that it does not need", async () => {
    await using front = await new Front().start();
    const [one, other] = [site(app.port!), site(app.port!)];
    const holder = createServer().listen({ port: other.port, host: "0.0.0.0" });
    await once(holder, "listening");
    await front.load({ sites: [one] });
    const error = await front.load({ sites: [one, other] }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ takenPort: other.port });
    const get = async ({ port }: Site) => (await fetch(`http://127.0.0.1:${port}/`)).text();
    expect(await get(one)).toBe("here");
    holder.close();
    await once(holder, "close");
    await front.load({ sites: [one, other] });
    expect([await get(one), await get(other)]).toEqual(["here", "here"]);
    await front.load({ sites: [one] });
    using again = Bun.serve({ port: other.port, fetch: () => new Response("another") });
    expect(await get(other)).toBe("another");
    expect(await front.load({ sites: [other] }).catch((thrown: unknown) => thrown)).toMatchObject({
      takenPort: other.port,
    });
    await again.stop(true);
    await front.load({ sites: [other] });
    expect(await get(other)).toBe("here");
  });

  test("opens by itself what there is no socket for", async () => {
    const front = new Front();
    front.sockets?.close();
    front.sockets = undefined;
    await using _ = await front.start();
    const one = site(app.port!, { port: freePort() });
    await front.load({ sites: [one] });
    expect(await (await fetch(`http://127.0.0.1:${one.port}/`)).text()).toBe("here");
  });
});
