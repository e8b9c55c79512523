import { describe, expect, test } from "bun:test";
import { readEvents } from "../../src/portal/event-reader.ts";
import { specOf } from "../supervisor/spec-fixture.ts";
import { navigation, type Portal, startPortal, until } from "./_portal.ts";

const bearer = { Authorization: "Bearer token-one" };

/** What an attacker would try without a login. */
const paths = [
  "/",
  "/programs",
  "/logs",
  "/api/v1/state",
  "/api/v1/events",
  "/api/v1/environment",
  "/api/v1/doctor",
  "/api/v1/token",
  "/api/v1/openapi.json",
  "/api/v1/nothing",
  "//api/v1/state",
  "/./api/v1/state",
  "/ai-dock/../api/v1/state",
  "/ai-dock/login/../../api/v1/state",
  "/ai-dock/%2e%2e/api/v1/state",
  "/%2e/api/v1/state",
  "/api%2fv1%2fstate",
  "/ai-dock/login%00/../../api/v1/state",
  "/ai-dock/assets/../../api/v1/state",
  "/ai-dock/assets/..%2f..%2fetc%2fpasswd",
  "/AI-DOCK/login",
  "/ai-dock/login/",
  "/ai-dock/login;x",
];

describe("without a login", () => {
  test.each(paths)("%s is refused", async (path) => {
    await using portal = await startPortal();
    for (const method of ["GET", "POST", "HEAD", "PUT", "DELETE"]) {
      const { status } = await portal.send(path, { method, origin: "http://box:1111" });
      expect([401, 404, 405]).toContain(status);
    }
  });

  test("a browser is sent to the login", async () => {
    await using portal = await startPortal();
    const { status, headers } = await portal.send("/logs?name=a", { headers: navigation });
    expect([status, headers.get("location")]).toEqual([302, "/ai-dock/login?next=%2Flogs%3Fname%3Da"]);
  });

  test("headers that pretend to come from Caddy or from here let nobody in", async () => {
    await using portal = await startPortal();
    const headers = {
      "X-Forwarded-For": "127.0.0.1",
      "X-Forwarded-User": "user",
      "X-Forwarded-Uri": "/ai-dock/login",
      "X-Original-Url": "/ai-dock/login",
      "X-Rewrite-Url": "/ai-dock/login",
      "X-AI-Dock-Via": "session",
      Host: "localhost",
    };
    expect((await portal.send("/api/v1/state", { headers })).status).toBe(401);
  });
});

/** Sends an action as somebody would. */
async function act(
  portal: Portal,
  action: string,
  name: string,
  request: Parameters<Portal["send"]>[1] = {},
) {
  const body = JSON.stringify({ action, names: [name] });
  return await portal.send("/api/v1/actions", { method: "POST", headers: bearer, ...request, body });
}

describe("the API", () => {
  test("says what runs", async () => {
    await using portal = await startPortal();
    portal.supervisor.add(specOf("app"));
    const state = await (await portal.send("/api/v1/state", { headers: bearer })).json();
    expect(state).toMatchObject({ version: "1.2.3", phase: "running", ssh: { port: 2222 } });
  });

  test("starts, restarts and stops a program, but for those that carry the portal", async () => {
    await using portal = await startPortal();
    for (const name of ["app", "sshd", "caddy", "portal"]) portal.supervisor.add(specOf(name));
    expect(await (await act(portal, "start", "app")).json()).toEqual({
      results: [{ name: "app", group: "app", ok: true, message: "started" }],
    });
    const pid = portal.supervisor.programs[0]?.pid;
    await act(portal, "restart", "app");
    expect(portal.supervisor.programs[0]?.pid).not.toBe(pid ?? null);
    await act(portal, "stop", "app");
    expect(portal.supervisor.programs[0]?.state).toBe("STOPPED");
    for (const name of ["sshd", "caddy", "portal", "all"])
      expect((await act(portal, "stop", name)).status).toBe(403);
    expect(await (await act(portal, "start", "nothing")).json()).toMatchObject({ code: "E_NO_SUCH_PROGRAM" });
  });

  test("no page of another site, nor of another port, changes anything", async () => {
    await using portal = await startPortal();
    portal.supervisor.add(specOf("app"));
    const Cookie = await portal.session();
    const password = { Authorization: `Basic ${btoa("user:correct horse")}` };
    for (const headers of [{ Cookie }, password])
      for (const origin of ["http://evil.example", "null", "http://box:8188"])
        expect((await act(portal, "start", "app", { headers, origin })).status).toBe(403);
    // A browser too old to say where a request comes from.
    expect((await act(portal, "start", "app", { headers: { Cookie } })).status).toBe(403);
    const crossSite = { ...password, "Sec-Fetch-Site": "cross-site" };
    expect((await act(portal, "start", "app", { headers: crossSite })).status).toBe(403);
    expect(portal.supervisor.programs[0]?.state).toBe("STOPPED");
    expect(
      (await act(portal, "start", "app", { headers: { Cookie }, origin: "http://box:1111" })).status,
    ).toBe(200);
  });

  test("with the login off, a page of another site changes nothing either", async () => {
    await using portal = await startPortal({ credentials: { login: false } });
    portal.supervisor.add(specOf("app"));
    const request = { headers: {}, origin: "http://evil.example" };
    expect((await act(portal, "start", "app", request)).status).toBe(403);
    expect((await act(portal, "start", "app", { headers: {} })).status).toBe(200);
  });

  test("the state tells notices, and an event each change of them", async () => {
    await using portal = await startPortal();
    const response = await portal.send("/api/v1/events", { headers: bearer });
    const seen: unknown[] = [];
    void (async () => {
      for await (const { event, data } of readEvents(response.body!))
        if (event === "state") seen.push(JSON.parse(data).notices);
    })().catch(() => undefined);
    await until(() => seen.length > 0);
    const notice = { severity: "error", message: "GPU lost", isUnhealthy: true } as const;
    portal.supervisor.notices.set("gpu-loss", notice);
    await until(() => seen.length > 1);
    portal.supervisor.notices.delete("gpu-loss");
    await until(() => seen.length > 2);
    expect(seen).toEqual([[], [{ id: "gpu-loss", severity: "error", message: "GPU lost" }], []]);
  });

  test("events: the state at once, and after each change", async () => {
    await using portal = await startPortal();
    portal.supervisor.add(specOf("app"));
    const over = new AbortController();
    const { body } = await portal.send("/api/v1/events", { headers: bearer, signal: over.signal });
    const states: string[] = [];
    const reading = (async () => {
      for await (const { data } of readEvents(body as ReadableStream<Uint8Array>))
        states.push(
          JSON.parse(data)
            .programs.map(({ state }: { state: string }) => state)
            .join(),
        );
    })().catch(() => undefined);
    await until(() => states.length > 0);
    await act(portal, "start", "app");
    await until(() => states.at(-1) === "RUNNING");
    await act(portal, "stop", "app");
    await until(() => states.at(-1) === "STOPPED");
    over.abort();
    await reading;
  });

  test("shows the environment without secrets, and what the doctor says", async () => {
    await using portal = await startPortal();
    const environment = await (await portal.send("/api/v1/environment", { headers: bearer })).text();
    expect(environment).toContain("/workspace/");
    expect(environment).not.toContain("correct horse");
    const doctor = await (await portal.send("/api/v1/doctor", { headers: bearer })).json();
    expect(doctor).toEqual([
      { name: "workspace", status: "warning", message: "not a mount", fix: "mount a volume" },
    ]);
  });

  test.each(["", "{", "[]", '{"action":"kill","names":["a"]}', '{"action":"stop","names":[]}'])(
    "a body of %j is a bad request",
    async (body) => {
      await using portal = await startPortal();
      const { status } = await portal.send("/api/v1/actions", { method: "POST", headers: bearer, body });
      expect(status).toBe(400);
    },
  );

  test("nothing may be cached, framed, or run that is not ours", async () => {
    await using portal = await startPortal();
    for (const path of ["/", "/api/v1/state", "/ai-dock/login", "/nothing"]) {
      const { headers } = await portal.send(path, { headers: bearer });
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self';");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
  });
});
