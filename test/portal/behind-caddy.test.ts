import { describe, expect, test } from "bun:test";
import { once } from "node:events";
import { connect } from "node:net";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CADDY, Front, site } from "../features/web/_caddy.ts";
import { cookieOf, navigation, type Portal, startPortal, until } from "./_portal.ts";

/** The portal behind a real Caddy with our own configuration, in front of an app that notes what it has got. */
async function front(portal: Portal) {
  const seen: Request[] = [];
  const app = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request, server) {
      seen.push(request);
      return server.upgrade(request) ? undefined : new Response("the app");
    },
    websocket: { message: () => undefined },
  });
  const caddy = await new Front().start();
  const one = site(app.port!);
  await caddy.load({ sites: [one], portalSocket: portal.listen });
  const host = `127.0.0.1:${one.port}`;
  return {
    app,
    host,
    seen,
    get: (path: string, init: RequestInit = {}) =>
      fetch(`http://${host}${path}`, { redirect: "manual", ...init }),
    async [Symbol.asyncDispose]() {
      await app.stop(true);
      await caddy[Symbol.asyncDispose]();
    },
  };
}

const bearer = { Authorization: "Bearer token-one" };

describe.skipIf(CADDY === undefined)("the portal behind Caddy", () => {
  test("a browser is led to the login of the app's own port, and back to the app", async () => {
    await using portal = await startPortal();
    await using it = await front(portal);
    const first = await it.get("/lab?a=b", { headers: navigation });
    expect([first.status, first.headers.get("location")]).toEqual([
      302,
      "/ai-dock/login?next=%2Flab%3Fa%3Db",
    ]);
    const body = new URLSearchParams({ user: "user", password: "correct horse", next: "/lab?a=b" });
    const headers = { Origin: `http://${it.host}` };
    const login = await it.get("/ai-dock/login", { method: "POST", body, headers });
    expect([login.status, login.headers.get("location")]).toEqual([303, "/lab?a=b"]);
    expect(it.seen).toEqual([]);
    const Cookie = cookieOf(login);
    expect(await (await it.get("/lab?a=b", { headers: { ...navigation, Cookie } })).text()).toBe("the app");
    expect(it.seen.map(({ headers: got }) => got.get("cookie") ?? "")).toEqual([""]);
  });

  test("a link on another site leads to the app, while its forms and websockets do not", async () => {
    await using portal = await startPortal();
    await using it = await front(portal);
    const headers = { Cookie: await portal.session(), Origin: "http://evil.example" };
    expect((await it.get("/", { headers })).status).toBe(200);
    expect((await it.get("/", { method: "POST", headers })).status).toBe(403);
    const options = { headers } as unknown as string[];
    const socket = new WebSocket(`ws://${it.host}/`, options);
    const [event] = await Promise.race([once(socket, "open"), once(socket, "error")]);
    expect((event as Event).type).toBe("error");
    expect(it.seen.map(({ method }) => method)).toEqual(["GET"]);
  });

  test("who sends a login byte by byte holds no connection for long", async () => {
    await using portal = await startPortal();
    await using it = await front(portal);
    const paths = ["/ai-dock/login", "/ai-dock/pre-auth", "/ai-dock/logout"];
    await Promise.all(
      paths.map(async (path) => {
        const socket = connect(Number(it.host.split(":")[1]), "127.0.0.1");
        socket.on("error", () => undefined).resume();
        socket.write(
          `POST ${path} HTTP/1.1\r\nHost: ${it.host}\r\nOrigin: http://${it.host}\r\nContent-Length: 9999\r\n\r\n`,
        );
        const drip = setInterval(() => socket.write("a"), 100);
        await once(socket, "close");
        clearInterval(drip);
      }),
    );
  }, 60_000);

  test("an app that is not there: 503, and 200 through a tunnel, where Cloudflare would put its own page", async () => {
    await using portal = await startPortal();
    await using it = await front(portal);
    await it.app.stop(true);
    writeFileSync(join(portal.directory, "boot.log"), "a line of the boot\n");
    portal.world.boot = { step: "workspace", since: Date.now() };
    portal.tell("state");
    const session = { Cookie: await portal.session() };
    // What a visitor has shown is gone when Caddy asks for the page.
    for (const shown of [bearer, session])
      await until(async () => {
        const direct = await it.get("/", { headers: { ...navigation, ...shown } });
        expect([direct.status, direct.headers.get("retry-after")]).toEqual([503, "2"]);
        return (await direct.text()).includes("a line of the boot");
      });
    const tunnel = { "Cf-Ray": "1", "Cf-Connecting-Ip": "198.51.100.1" };
    const headers = { ...navigation, ...bearer, ...tunnel };
    const through = await it.get("/", { headers });
    expect([through.status, await through.text()]).toEqual([
      200,
      expect.stringContaining("is not ready yet") as string,
    ]);
  });
});
