import { describe, expect, test } from "bun:test";
import { APP_PORT, navigation, OPEN_PORT, startPortal } from "./_portal.ts";

const basic = (login: string) => ({ Authorization: `Basic ${Buffer.from(login).toString("base64")}` });
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

describe("what lets a request through to an app", () => {
  test("a session, and the app's own Authorization is kept then", async () => {
    await using portal = await startPortal();
    const Cookie = await portal.session();
    const allowed = await portal.check("/prompt", { headers: { Cookie } });
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get("x-ai-dock-authorization")).toBeNull();
    const own = await portal.check("/api", { headers: { Cookie, Authorization: "token of-jupyter" } });
    expect([own.status, own.headers.get("x-ai-dock-authorization")]).toEqual([204, "keep"]);
    const ours = await portal.check("/api", { headers: { Cookie, ...bearer("token-one") } });
    expect([ours.status, ours.headers.get("x-ai-dock-authorization")]).toEqual([204, null]);
  });

  test.each([
    ["Bearer", bearer("token-one")],
    ["Bearer with another token", bearer("token-two")],
    ["bearer in lower case", { Authorization: "bearer token-one" }],
    ["Basic", basic("user:correct horse")],
  ])("%s, which the app does not see", async (_, headers) => {
    await using portal = await startPortal();
    const { status, headers: answer } = await portal.check("/prompt", { method: "POST", headers });
    expect([status, answer.get("x-ai-dock-authorization")]).toEqual([204, null]);
  });

  test.each([
    ["/a%20b?x=%2F&token=token-one&y=1+2", "token=token-one&", "/a%20b?x=%2F&y=1+2"],
    ["/a?token=token-one&y", "token=token-one&", "/a?y"],
    ["/a?x&token=token%2Done", "&token=token%2Done", "/a?x"],
    ["/a?token=token-two", "token=token-two", "/a?"],
    ["/a?token=own&token=token-two", "&token=token-two", "/a?token=own"],
  ])("?token= of a program: %s without %s", async (uri, cut, rest) => {
    await using portal = await startPortal();
    const { status, headers } = await portal.check(uri, { method: "POST" });
    expect([status, headers.get("x-ai-dock-strip")]).toEqual([204, cut]);
    expect(uri.replaceAll(cut, "")).toBe(rest);
  });

  test("a token that could not be taken out of the address reaches no app", async () => {
    await using portal = await startPortal();
    for (const uri of ["/?token=token-one&a&token=token-two", "/token=token-one&?token=token-one&x=1"])
      expect((await portal.check(uri, { method: "POST" })).status).toBe(400);
  });

  test("?token= of a browser becomes a cookie", async () => {
    await using portal = await startPortal();
    const answer = await portal.check("/lab?token=token-one&file=a.ipynb", { headers: navigation });
    expect([answer.status, answer.headers.get("location")]).toEqual([302, "/lab?file=a.ipynb"]);
    const Cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? "";
    expect((await portal.check("/lab", { headers: { Cookie } })).status).toBe(204);
  });

  test("a token of the app itself stays in the address of who is logged in", async () => {
    await using portal = await startPortal();
    const headers = { ...navigation, Cookie: await portal.session() };
    const { status, headers: answer } = await portal.check("/lab?token=of-jupyter", { headers });
    expect([status, answer.get("x-ai-dock-strip")]).toEqual([204, null]);
  });

  test("a port on which nothing is asked for", async () => {
    await using portal = await startPortal();
    expect((await portal.check("/", { port: OPEN_PORT })).status).toBe(204);
    // The answer must not tell a right password from a wrong one, as no wrong one is counted there.
    for (const password of ["correct horse", "guess"]) {
      const { status, headers } = await portal.check("/", {
        port: OPEN_PORT,
        headers: basic(`user:${password}`),
      });
      expect([status, headers.get("x-ai-dock-authorization")]).toEqual([204, "keep"]);
    }
  });

  test("anything when the login is off", async () => {
    await using portal = await startPortal({ credentials: { login: false } });
    expect((await portal.check("/")).status).toBe(204);
  });
});

describe("what is refused", () => {
  test("a browser goes to the login page of the same host and comes back", async () => {
    await using portal = await startPortal();
    const { status, headers } = await portal.check("/lab?file=a&b=c", { headers: navigation });
    expect([status, headers.get("location")]).toEqual([302, "/ai-dock/login?next=%2Flab%3Ffile%3Da%26b%3Dc"]);
  });

  test.each([
    ["a program", {}],
    ["a program that takes any type", { headers: { Accept: "*/*" } }],
    ["a script of a page", { headers: { Accept: "text/html", "Sec-Fetch-Mode": "cors" } }],
    ["a form", { method: "POST", headers: navigation }],
    ["a websocket", { upgrade: "websocket", headers: navigation }],
  ])("%s gets 401 and is told what to send", async (_, request) => {
    await using portal = await startPortal();
    const { status, headers } = await portal.check("/queue", request);
    expect(status).toBe(401);
    expect(headers.get("www-authenticate")).toBe(
      'Basic realm="ai-dock", charset="UTF-8", Bearer realm="ai-dock"',
    );
  });

  test("no browser opens its own dialog over a page", async () => {
    await using portal = await startPortal();
    const headers = { "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin" };
    const answer = await portal.check("/queue", { headers });
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="ai-dock"']);
  });

  test.each([
    ["a wrong token", bearer("token-three")],
    ["no token", { Authorization: "Bearer " }],
    ["two tokens, one right", { Authorization: "Bearer token-one, Bearer x" }],
    ["the password as token", bearer("correct horse")],
    ["a wrong password", basic("user:correct hors")],
    ["another user", basic("root:correct horse")],
    ["no colon", basic("usercorrect horse")],
    ["no base64", { Authorization: "Basic ****" }],
    ["another scheme", { Authorization: "Digest token-one" }],
  ])("%s", async (_, headers) => {
    await using portal = await startPortal();
    expect((await portal.check("/", { headers })).status).toBe(401);
  });

  test("empty credentials match nothing", async () => {
    await using portal = await startPortal({ credentials: { user: "", password: "", tokens: [""] } });
    for (const headers of [bearer(""), basic(":")])
      expect((await portal.check("/", { headers })).status).toBe(401);
    expect((await portal.check("/?token=")).status).toBe(401);
  });

  test.each([
    "/.//evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "/%0d%0aSet-Cookie:x=1",
    "/..//evil.example",
  ])("%s with a token leads to no other host", async (path) => {
    await using portal = await startPortal();
    const { status, headers } = await portal.check(`${path}?token=token-one`, { headers: navigation });
    const to = new URL(headers.get("location") ?? "", "http://box:8188");
    expect([status, to.host]).toEqual([302, "box:8188"]);
    expect([...headers.keys()].filter((name) => name === "set-cookie")).toHaveLength(1);
  });

  test("everything while the supervisor does not answer; and again not once it does", async () => {
    await using portal = await startPortal();
    const headers = bearer("token-one");
    portal.loseSupervisor();
    let status = 0;
    while (status !== 503) ({ status } = await portal.check("/", { headers }));
    portal.findSupervisor();
    while (status !== 204) ({ status } = await portal.check("/", { headers }));
    expect((await portal.check("/")).status).toBe(401);
  });

  test("the old password once there is another one", async () => {
    await using portal = await startPortal();
    const Cookie = await portal.session();
    portal.world.credentials = {
      ...portal.world.credentials,
      password: "other",
      sessionKey: btoa("x".repeat(32)),
    };
    portal.tell("credentials");
    let status = 0;
    while (status !== 401) ({ status } = await portal.check("/", { headers: { Cookie } }));
    expect((await portal.check("/", { headers: basic("user:correct horse") })).status).toBe(401);
    expect((await portal.check("/", { headers: basic("user:other") })).status).toBe(204);
  });
});

describe("requests that pages of other sites make a browser send", () => {
  const foreign = "http://evil.example";

  test.each([
    ["a websocket", { upgrade: "websocket" }, 403],
    ["a form", { method: "POST" }, 403],
    ["a look", { method: "GET" }, 204],
  ])("%s with a session", async (_, request, status) => {
    await using portal = await startPortal();
    const headers = { Cookie: await portal.session() };
    expect((await portal.check("/", { ...request, headers, origin: foreign })).status).toBe(status);
  });

  test("with a remembered password, as a browser sends it along", async () => {
    await using portal = await startPortal();
    const headers = basic("user:correct horse");
    expect((await portal.check("/", { method: "POST", headers, origin: foreign })).status).toBe(403);
  });

  test.each([
    "null",
    "http://box.evil.example",
    "file://",
    "http://box:8188.evil.example",
    "chrome-extension://box",
  ])("%s is another site", async (origin) => {
    await using portal = await startPortal();
    const headers = { Cookie: await portal.session() };
    const request = { host: "box:8188", upgrade: "websocket", headers, origin };
    expect((await portal.check("/ws", request)).status).toBe(403);
  });

  test.each(["http://box:8188", "https://box:8188", "http://box:3000", "http://BOX"])(
    "%s is our own host",
    async (origin) => {
      await using portal = await startPortal();
      const headers = { Cookie: await portal.session() };
      const request = { host: "box:8188", upgrade: "websocket", headers, origin };
      expect((await portal.check("/ws", request)).status).toBe(204);
    },
  );

  test("a token is put on by hand, so any page may use one", async () => {
    await using portal = await startPortal();
    const request = { method: "POST", headers: bearer("token-one"), origin: foreign };
    expect((await portal.check("/", request)).status).toBe(204);
  });
});

describe("nobody but Caddy asks", () => {
  test("a client's own request of the checker's path is none", async () => {
    await using portal = await startPortal();
    const headers = { Cookie: await portal.session() };
    for (const path of [
      "/.ai-dock/check",
      "/x/../.ai-dock/check",
      "/%2e%2e/.ai-dock/check",
      "/.ai-dock/not-ready",
    ])
      expect((await portal.send(path, { headers })).status).toBe(404);
  });

  test("an app's port serves nothing of the portal but its own paths", async () => {
    await using portal = await startPortal();
    const headers = { Cookie: await portal.session() };
    for (const path of ["/", "/logs", "/api/v1/state", "/ai-dock/../api/v1/state"])
      expect((await portal.send(path, { port: APP_PORT, headers })).status).toBe(404);
  });
});
