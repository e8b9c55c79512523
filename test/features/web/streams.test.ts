import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { until } from "../../portal/_portal.ts";
import { CADDY, Front, site } from "./_caddy.ts";

const MEGABYTE = 1024 * 1024;
const PIECE = Buffer.alloc(MEGABYTE, "0123456789abcdef");
const PIECES = 512;

/** What some pieces have as their checksum. */
function checksum(pieces: number): string {
  const hasher = new Bun.CryptoHasher("sha256");
  for (let index = 0; index < pieces; index++) hasher.update(PIECE);
  return hasher.digest("hex");
}

/** Pieces as the reader takes them. */
async function* piecewise(pieces: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let index = 0; index < pieces; index++) yield PIECE;
}

async function digest(body: AsyncIterable<Uint8Array> | null): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const chunk of body ?? []) hasher.update(chunk);
  return hasher.digest("hex");
}

function app() {
  return Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    maxRequestBodySize: 8 * 1024 * MEGABYTE,
    async fetch(request, server) {
      const { pathname } = new URL(request.url);
      if (pathname === "/ws" && server.upgrade(request)) return undefined;
      if (pathname === "/up") return new Response(await digest(request.body));
      return new Response(piecewise(PIECES));
    },
    websocket: { message: (socket, message) => void socket.send(message) },
  });
}

const residentMegabytes = (pid: number) =>
  Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) / 1024;

setDefaultTimeout(60_000);

describe.skipIf(CADDY === undefined)("through Caddy", () => {
  test("files of half a gigabyte go up and down whole, and Caddy's memory stays flat", async () => {
    await using front = await new Front().start();
    using server = app();
    const one = site(server.port!);
    await front.load({ sites: [one] });
    const base = `http://127.0.0.1:${one.port}`;
    const expected = checksum(PIECES);
    await (await fetch(`${base}/up`, { method: "POST", body: PIECE })).text();
    const before = residentMegabytes(front.pid);
    expect(await digest((await fetch(`${base}/down`)).body)).toBe(expected);
    const up = await fetch(`${base}/up`, { method: "POST", body: piecewise(PIECES) });
    expect(await up.text()).toBe(expected);
    expect(residentMegabytes(front.pid) - before).toBeLessThan(30);
  });

  test("what an app streams arrives piece by piece", async () => {
    await using front = await new Front().start();
    const senders: ((text: string) => void)[] = [];
    using server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch(request) {
        const body = new ReadableStream<string>({
          start: (controller) => void senders.push((text) => controller.enqueue(text)),
        });
        const type = new URL(request.url).searchParams.get("type") ?? "";
        return new Response(body, { headers: { "Content-Type": type } });
      },
    });
    const one = site(server.port!);
    await front.load({ sites: [one] });
    for (const type of ["text/event-stream", "multipart/x-mixed-replace", "application/octet-stream"]) {
      const over = new AbortController();
      // The headers may come with the first piece.
      const answer = fetch(`http://127.0.0.1:${one.port}/?type=${type}`, { signal: over.signal });
      await until(() => senders.length > 0);
      const send = senders.pop();
      send?.("first");
      const reader = (await answer).body?.getReader();
      const next = async () => new TextDecoder().decode((await reader?.read())?.value);
      expect(await next()).toBe("first");
      send?.("second");
      expect(await next()).toBe("second");
      over.abort();
    }
  });

  test("200 websockets talk at once, each behind a check of its own", async () => {
    await using front = await new Front().start();
    using server = app();
    const one = site(server.port!);
    await front.load({ sites: [one] });
    const sockets = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const socket = new WebSocket(`ws://127.0.0.1:${one.port}/ws`);
        await once(socket, "open");
        return socket;
      }),
    );
    expect(front.asked).toHaveLength(200);
    for (const round of [1, 2, 3])
      await Promise.all(
        sockets.map(async (socket, index) => {
          socket.send(`${round} ${index}`);
          const [event] = (await once(socket, "message")) as [MessageEvent];
          expect(event.data).toBe(`${round} ${index}`);
        }),
      );
    for (const socket of sockets) socket.close();
  });
});
