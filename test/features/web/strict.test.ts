import { describe, expect, test } from "bun:test";
import { once } from "node:events";
import { CADDY, Front, site } from "./_caddy.ts";

/** An app that refuses other hosts, and origins that are not its host, as ComfyUI and Jupyter do. */
function strictApp() {
  return Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request, server) {
      const get = (name: string) => request.headers.get(name);
      const own = `localhost:${server.port}`;
      if (get("host") !== own) return new Response("host", { status: 403 });
      for (const header of ["origin", "referer"]) {
        const page = get(header);
        if (page !== null && !`${page}/`.startsWith(`http://${own}/`))
          return new Response(header, { status: 403 });
      }
      const { pathname, origin } = new URL(request.url);
      if (pathname === "/ws" && server.upgrade(request)) return undefined;
      if (pathname === "/redirect") return Response.redirect(`${origin}/there?x=1`);
      if (pathname === "/away") return Response.redirect("http://elsewhere.example/");
      return new Response(`here ${get("x-forwarded-host")}`);
    },
    websocket: { message: (socket, message) => void socket.send(message) },
  });
}

/** Caddy in front of such an app; requests come by another name. */
async function guarded(toldHost: string | undefined) {
  const app = strictApp();
  const front = await new Front().start();
  const one = site(app.port!, { toldHost });
  await front.load({ sites: [one] });
  const host = `gpu.example.com:${one.port}`;
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const init = { headers: { Host: host, ...headers }, redirect: "manual" } as const;
    const response = await fetch(`http://127.0.0.1:${one.port}${path}`, init);
    const text = await response.text();
    return response.headers.get("location") ?? `${response.status} ${text}`;
  };
  const open = async (origin: string) => {
    const headers = { Host: host, Origin: origin };
    const socket = new WebSocket(`ws://127.0.0.1:${one.port}/ws`, { headers });
    const [{ type }] = (await Promise.race([once(socket, "open"), once(socket, "error")])) as [Event];
    socket.close();
    return type;
  };
  return {
    host,
    get,
    open,
    async [Symbol.asyncDispose]() {
      await app.stop(true);
      await front[Symbol.asyncDispose]();
    },
  };
}

describe.skipIf(CADDY === undefined)("an app that refuses other names", () => {
  test("is told its own, and answers pages of its own by whichever name they came", async () => {
    await using it = await guarded("localhost");
    const page = `http://${it.host}`;
    const here = `200 here ${it.host}`;
    expect(await it.get("/")).toBe(here);
    expect(await it.get("/", { Origin: page, Referer: `${page}/a?b=c` })).toBe(here);
    expect(await it.get("/", { Origin: page.replace("http", "https") })).toBe(here);
    const behindProxy = { Origin: "https://x-8188.proxy.example", "Sec-Fetch-Site": "same-origin" };
    expect(await it.get("/", behindProxy)).toBe(here);
    expect(await it.open(page)).toBe("open");
    expect(await it.get("/redirect")).toBe("/there?x=1");
    expect(await it.get("/away")).toBe("http://elsewhere.example/");
  });

  test("still refuses pages of others", async () => {
    await using it = await guarded("localhost");
    const evil = ["http://evil.example", "null", `http://${it.host}.evil.example`, `http://x${it.host}`];
    for (const Origin of evil) {
      const answer = await it.get("/", { Origin, "Sec-Fetch-Site": "cross-site" });
      expect({ Origin, answer }).toEqual({ Origin, answer: "403 origin" });
    }
    expect(await it.get("/", { Referer: `http://evil.example/?http://${it.host}/` })).toBe("403 referer");
    expect(await it.open("http://evil.example")).toBe("error");
  });

  test("refuses everybody where nothing says so", async () => {
    await using it = await guarded(undefined);
    expect(await it.get("/")).toBe("403 host");
  });
});
