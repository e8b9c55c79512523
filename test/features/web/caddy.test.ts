import { describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { once } from "node:events";
import { CADDY, Front, site } from "./_caddy.ts";

/** An app that tells what it has got. */
function echo() {
  return Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request, server) {
      const { pathname, search } = new URL(request.url);
      if (pathname === "/ws" && server.upgrade(request)) return undefined;
      if (pathname === "/events")
        return new Response(
          new ReadableStream({
            async start(controller) {
              for (let number = 0; number < 1000; number++) {
                controller.enqueue(`data: ${number}\n\n`);
                await Bun.sleep(20);
              }
            },
          }),
          { headers: { "Content-Type": "text/event-stream" } },
        );
      const headers = Object.fromEntries(request.headers);
      return Response.json({ path: pathname + search, body: await request.text(), headers });
    },
    websocket: { message: (socket, message) => void socket.send(message) },
  });
}

interface Echo {
  path: string;
  body: string;
  headers: Record<string, string>;
}

/** Caddy in front of an app, and a client. */
async function guarded(more: Parameters<Front["load"]>[0] | object = {}) {
  const app = echo();
  const front = await new Front().start();
  const one = site(app.port!);
  await front.load({ sites: [one], ...more });
  const base = `http://127.0.0.1:${one.port}`;
  return {
    app,
    front,
    site: one,
    base,
    get: (path: string, init: RequestInit = {}) => fetch(`${base}${path}`, { redirect: "manual", ...init }),
    async [Symbol.asyncDispose]() {
      await app.stop(true);
      await front[Symbol.asyncDispose]();
    },
  };
}

/** Sends bytes as they are, and resolves to all that comes back until the server closes. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1" });
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", () => undefined);
  socket.write(text);
  await once(socket, "close");
  return Buffer.concat(chunks).toString();
}

const refuse = () =>
  new Response("who?", { status: 401, headers: { "WWW-Authenticate": 'Basic realm="x"' } });

describe.skipIf(CADDY === undefined)("Caddy with our configuration", () => {
  test("asks the portal about each request, and the answer of a refusal is the client's", async () => {
    await using it = await guarded();
    expect((await it.get("/a?b=c")).status).toBe(200);
    expect(Object.fromEntries(it.front.asked[0]!.headers)).toMatchObject({
      "x-forwarded-method": "GET",
      "x-forwarded-uri": "/a?b=c",
      "x-ai-dock-port": String(it.site.port),
      "x-ai-dock-client": "127.0.0.1",
      "x-ai-dock-proto": "http",
    });
    it.front.check = refuse;
    const response = await it.get("/a", { method: "POST", body: "data" });
    expect([response.status, response.headers.get("www-authenticate"), await response.text()]).toEqual([
      401,
      'Basic realm="x"',
      "who?",
    ]);
  });

  test("lets nothing pass without a check, however the path is written", async () => {
    await using it = await guarded();
    it.front.check = refuse;
    const paths = [
      "/",
      "/ai-dock/login/../../secret",
      "/ai-dock/%2e%2e/secret",
      "//secret",
      "/ai-dock//login",
      "/%61i-dock/other",
      "/ai-dock/loginx",
      "/AI-DOCK/other",
      "/ai-dock/health-check/x",
      "http://other.example/secret",
      "*",
    ];
    for (const path of paths) {
      const request = `GET ${path} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n`;
      const answer = await raw(it.site.port, request);
      const said = answer.includes("portal ") ? "portal" : answer.slice(9, 12);
      expect({ path, said }).toEqual({ path, said: expect.stringMatching(/^(401|400|portal)$/) as string });
      expect(answer).not.toContain('"headers"');
    }
  });

  test("takes out what only we may say, and what the app must not see", async () => {
    await using it = await guarded();
    const headers = {
      "X-AI-Dock-Port": "22",
      "X-Ai-Dock-Error": "502",
      "X-Forwarded-For": "6.6.6.6",
      "X-Forwarded-Proto": "https",
      "X-Forwarded-Host": "evil.example",
      "X-Forwarded-Method": "OPTIONS",
      "X-Real-IP": "6.6.6.6",
      Forwarded: "for=6.6.6.6",
      Cookie: "a=1; ai_dock_01234567_session=ours; b=2; ai_dock_89abcdef_session = other",
      Authorization: "Bearer ours",
    };
    const { headers: seen } = (await (await it.get("/x", { headers })).json()) as Echo;
    expect(seen).toMatchObject({
      cookie: "a=1; b=2;",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "http",
      "x-forwarded-host": `127.0.0.1:${it.site.port}`,
      "x-real-ip": "127.0.0.1",
    });
    const names = Object.keys(seen).filter((name) => /^(x-ai-dock|authorization|forwarded)/.test(name));
    expect(names).toEqual([]);
    const asked = it.front.asked[0]!.headers;
    expect(asked.get("cookie")).toBe(headers.Cookie);
    expect(asked.get("authorization")).toBe("Bearer ours");
    expect(asked.get("x-ai-dock-port")).toBe(String(it.site.port));
    expect(asked.get("x-ai-dock-error")).toBeNull();
    expect(asked.get("x-forwarded-method")).toBe("GET");
  });

  test("keeps an Authorization of the app's own, strips our token, and passes a cookie on, as the portal says", async () => {
    await using it = await guarded();
    it.front.check = () =>
      new Response(null, {
        headers: {
          "X-AI-Dock-Authorization": "keep",
          "X-AI-Dock-Strip": "token=abc&",
          "Set-Cookie": "ai_dock_01234567_session=new; Path=/",
        },
      });
    const response = await it.get("/a%2Fb/c?z=a+b%2Bc&token=abc&x={http.request.host}&flag&y=%20", {
      headers: { Authorization: "token of-jupyter" },
    });
    expect(response.headers.get("set-cookie")).toBe("ai_dock_01234567_session=new; Path=/");
    expect(await response.json()).toMatchObject({
      path: "/a%2Fb/c?z=a+b%2Bc&x={http.request.host}&flag&y=%20",
      headers: { authorization: "token of-jupyter" },
    });
  });

  test("believes Cloudflare's headers on loopback only for the address and the scheme", async () => {
    await using it = await guarded();
    const headers = {
      Host: "a-b.trycloudflare.com",
      "Cf-Ray": "1",
      "Cf-Connecting-Ip": "9.9.9.9",
      "X-Forwarded-For": "1.1.1.1",
    };
    const { headers: seen } = (await (await it.get("/", { headers })).json()) as Echo;
    expect(seen).toMatchObject({
      "x-forwarded-for": "9.9.9.9",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "a-b.trycloudflare.com",
    });
    expect(it.front.asked[0]!.headers.get("x-ai-dock-tunnel")).toBe("1");
  });

  test("is closed without the portal", async () => {
    await using it = await guarded();
    await it.front.stopPortal();
    for (const path of ["/x", "/ai-dock/login", "/.ai-dock/check"])
      expect((await it.get(path)).status).toBeOneOf([404, 502]);
    expect((await it.get("/ai-dock/health-check")).status).toBe(200);
  });

  test("takes nothing for an answer to a check that does not say so, whoever gives it", async () => {
    await using it = await guarded();
    it.front.isMarked = false;
    for (const status of [200, 204, 401]) {
      it.front.check = () => new Response("from somebody", { status: status === 204 ? 203 : status });
      const response = await it.get("/x");
      expect([response.status, await response.text()]).toEqual([502, ""]);
    }
  });

  test("asks the portal, and nobody else, about each of many first connections at once", async () => {
    await using it = await guarded();
    const paths = Array.from({ length: 200 }, (_, index) => `/x?n=${index}`);
    const open = async (path: string) => {
      const socket = new WebSocket(`${it.base.replace("http", "ws")}${path.replace("/x", "/ws")}`);
      await once(socket, "open");
      return socket;
    };
    const [sockets, answers] = await Promise.all([
      Promise.all(paths.map(open)),
      Promise.all(paths.map(async (path) => (await it.get(path)).status)),
    ]);
    expect(new Set(answers)).toEqual(new Set([200]));
    const asked = new Set(it.front.asked.map(({ headers }) => headers.get("x-forwarded-uri")));
    expect(
      paths.flatMap((path) => [path, path.replace("/x", "/ws")]).filter((path) => !asked.has(path)),
    ).toEqual([]);
    for (const socket of sockets) socket.close();
  });

  test("shows the portal's page for an app that is not there, after the check alone", async () => {
    await using it = await guarded();
    await it.app.stop(true);
    it.front.portal = (request) =>
      new Response(`${request.method} ${request.headers.get("x-ai-dock-error")}`, { status: 503 });
    const response = await it.get("/x", { method: "POST", body: "data" });
    expect([response.status, await response.text()]).toEqual([503, "GET 502"]);
    it.front.check = refuse;
    expect((await it.get("/x")).status).toBe(401);
  });

  test("does not tell the checker's paths to anybody", async () => {
    await using it = await guarded();
    for (const path of ["/.ai-dock/check", "/.ai-dock/not-ready", "/.ai-dock//check", "/%2eai-dock/check"])
      expect((await it.get(path)).status).toBe(404);
    expect(it.front.asked).toEqual([]);
  });

  test("with the login off asks nobody, and still takes our headers out", async () => {
    await using it = await guarded({ login: false });
    await it.front.stopPortal();
    const headers = { "X-AI-Dock-Port": "1", "X-Forwarded-For": "6.6.6.6", Authorization: "Basic app" };
    const { headers: seen } = (await (await it.get("/", { headers })).json()) as Echo;
    expect(seen).toMatchObject({ authorization: "Basic app", "x-forwarded-for": "127.0.0.1" });
    expect(seen["x-ai-dock-port"]).toBeUndefined();
  });

  test("smuggled requests do not reach the app", async () => {
    await using it = await guarded();
    it.front.check = refuse;
    const inner = "GET /secret HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    const requests = [
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${inner.length}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n${inner}`,
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n${inner}`,
      `GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\nConnection: close\r\n\r\n0\r\n\r\n${inner}`,
    ];
    for (const request of requests) expect(await raw(it.site.port, request)).not.toContain('"headers"');
  });

  test("a websocket needs the check, too", async () => {
    await using it = await guarded();
    it.front.check = refuse;
    const socket = new WebSocket(`${it.base.replace("http", "ws")}/ws`);
    const [event] = await Promise.race([once(socket, "open"), once(socket, "error")]);
    expect((event as Event).type).toBe("error");
    expect(it.front.asked[0]!.headers.get("x-ai-dock-upgrade")?.toLowerCase()).toBe("websocket");
  });

  test("nothing of a request is in its log", async () => {
    await using it = await guarded();
    await it.app.stop(true);
    await it.get("/x?token=s3cret", { headers: { Authorization: "Bearer s3cret", Cookie: "a=s3cret" } });
    await it.front.stopPortal();
    await it.get("/y?token=s3cret");
    expect(await it.front.log()).not.toContain("s3cret");
  });
});
