import { describe, expect, spyOn, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { newCode } from "../../src/control/portal/code.ts";
import { APP_PORT, type AsCaddy, cookieOf, navigation, type Portal, startPortal } from "./_portal.ts";

/** What the button behind a link of one use sends. */
const useCode = async (portal: Portal, code: string, request: AsCaddy = {}) =>
  await portal.send("/ai-dock/pre-auth", {
    origin: "http://box:1111",
    ...request,
    method: "POST",
    body: new URLSearchParams({ code, next: "/lab" }),
  });

/** The clock of the limits, which would run out on a busy machine: it stands still but for what a test adds. */
function ownClock() {
  let time = performance.now();
  const spy = spyOn(performance, "now").mockImplementation(() => time);
  return {
    pass: (milliseconds: number) => void (time += milliseconds),
    [Symbol.dispose]: () => spy.mockRestore(),
  };
}

describe("login", () => {
  test("leads back to where the visitor wanted to go, with a cookie that scripts and other sites cannot use", async () => {
    await using portal = await startPortal();
    const { status, headers } = await portal.logIn({ next: "/logs?name=a" });
    expect([status, headers.get("location")]).toEqual([303, "/logs?name=a"]);
    const cookie = headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(
      /^ai_dock_01234567_session=[\w.-]+; Path=\/; Max-Age=604800; HttpOnly; SameSite=Lax$/,
    );
    for (const secret of ["correct horse", "token-one"]) expect(cookie).not.toContain(secret);
  });

  test("by https, the cookie is never sent by http", async () => {
    await using portal = await startPortal();
    const request = { proto: "https", origin: "https://box:1111" } as const;
    expect((await portal.logIn({}, request)).headers.get("set-cookie")).toEndWith("; Secure");
  });

  test("no two logins have the same cookie", async () => {
    await using portal = await startPortal();
    expect(await portal.session()).not.toBe(await portal.session());
  });

  test("a wrong password and an unknown user look the same", async () => {
    await using portal = await startPortal();
    const answers = [
      await portal.logIn({ password: "wrong" }),
      await portal.logIn({ user: "nobody" }),
      await portal.logIn({ user: "nobody", password: "wrong" }),
    ];
    const [first, ...others] = await Promise.all(answers.map(async (answer) => await answer.text()));
    expect(first).toContain("Wrong user name or password");
    expect(others).toEqual([first ?? "", first ?? ""]);
    for (const { status, headers } of answers)
      expect([status, headers.get("set-cookie")]).toEqual([401, null]);
  });

  test.each([
    "//evil.example",
    "https://evil.example",
    "/\\evil.example",
    "/.//evil.example",
    "/\t/evil.example",
    "",
  ])("never leads to another host: next=%j", async (next) => {
    await using portal = await startPortal();
    expect((await portal.logIn({ next })).headers.get("location")).toBe("/");
    const form = await portal.send(`/ai-dock/login?next=${encodeURIComponent(next)}`);
    expect(await form.text()).toContain('name="next" value="/"');
  });

  test("what is typed into the address is text in the page", async () => {
    await using portal = await startPortal();
    const next = `/"><script>alert(1)</script>`;
    const text = await (await portal.send(`/ai-dock/login?next=${encodeURIComponent(next)}`)).text();
    expect(text).not.toContain("<script>alert");
  });

  test("from a page of another site is refused", async () => {
    await using portal = await startPortal();
    for (const origin of ["http://evil.example", "null", "http://box:8188"])
      expect((await portal.logIn({}, { origin })).status).toBe(403);
  });

  test("on an app's port goes to the app", async () => {
    await using portal = await startPortal();
    const answer = await portal.logIn(
      { next: "/" },
      { port: APP_PORT, host: "box:8188", origin: "http://box:8188" },
    );
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/"]);
    expect((await portal.check("/", { headers: { Cookie: cookieOf(answer) } })).status).toBe(204);
  });

  test("a form larger than any login ends its own request", async () => {
    await using portal = await startPortal();
    const answer = await portal.logIn({ password: "x".repeat(100_000) });
    expect(answer.status).toBe(413);
  });

  test("who is logged in is not asked again", async () => {
    await using portal = await startPortal();
    const headers = { ...navigation, Cookie: await portal.session() };
    const answer = await portal.send("/ai-dock/login?next=/logs", { headers });
    expect([answer.status, answer.headers.get("location")]).toEqual([302, "/logs"]);
  });
});

describe("links that log in", () => {
  test("the token, for all that knew the login of old", async () => {
    await using portal = await startPortal();
    const right = await portal.send("/ai-dock/pre-auth?token=token-one&next=/lab");
    expect([right.status, right.headers.get("location")]).toEqual([302, "/lab"]);
    expect(cookieOf(right)).not.toBe("");
    const wrong = await portal.send("/ai-dock/pre-auth?token=wrong");
    expect([wrong.status, cookieOf(wrong)]).toEqual([401, ""]);
  });

  test("the token in an address of the portal itself: a cookie, and the address without the token", async () => {
    await using portal = await startPortal();
    const answer = await portal.send("/logs?name=a&token=token-two", { headers: navigation });
    expect([answer.status, answer.headers.get("location")]).toEqual([302, "/logs?name=a"]);
    const headers = { ...navigation, Cookie: cookieOf(answer) };
    expect((await portal.send("/logs?name=a", { headers })).status).toBe(200);
    expect((await portal.send("/api/v1/state?token=token-two")).status).toBe(200);
  });

  test("a code counts once; who only looks at the link, as previews of chats do, does not use it up", async () => {
    await using portal = await startPortal();
    const link = `/ai-dock/pre-auth?code=${portal.code}&next=/lab`;
    for (const method of ["HEAD", "GET", "GET"]) {
      const look = await portal.send(link, { method });
      expect([look.status, cookieOf(look)]).toEqual([200, ""]);
    }
    const page = await (await portal.send(link)).text();
    expect(page).toContain(`<form method="post" action="/ai-dock/pre-auth">`);
    expect(page).toContain(`name="code" value="${portal.code}"`);
    const [first, second] = [await useCode(portal, portal.code), await useCode(portal, portal.code)];
    expect([first.status, first.headers.get("location"), second.status]).toEqual([303, "/lab", 401]);
    expect([cookieOf(first) === "", cookieOf(second) === ""]).toEqual([false, true]);
    const again = await portal.send(link, { headers: { Cookie: cookieOf(first) } });
    expect([again.status, again.headers.get("location")]).toEqual([302, "/lab"]);
  });

  test("no other site uses a code for its visitors", async () => {
    await using portal = await startPortal();
    for (const origin of ["http://evil.example", "null", "http://box:8188"])
      expect((await useCode(portal, portal.code, { origin })).status).toBe(403);
    expect((await useCode(portal, portal.code)).status).toBe(303);
  });

  test("wrong passwords and codes from the same address do not keep a code out", async () => {
    await using portal = await startPortal();
    using _ = ownClock();
    for (let count = 0; count < 20; count++) await portal.logIn({ password: "wrong" });
    const [id = "", signature = ""] = portal.code.split(".");
    const other = newCode(btoa("another key".padEnd(32)));
    for (const wrong of ["", "x", id, `${id}.`, `.${signature}`, `x${portal.code}`, other])
      for (let count = 0; count < 5; count++) {
        expect((await portal.send(`/ai-dock/pre-auth?code=${wrong}`)).status).toBe(401);
        expect((await useCode(portal, wrong)).status).toBe(401);
      }
    expect((await portal.logIn()).status).toBe(429);
    expect((await useCode(portal, portal.code)).status).toBe(303);
  });
});

describe("sessions", () => {
  test("one is over after the logout, also for who has kept the cookie", async () => {
    await using portal = await startPortal();
    const Cookie = await portal.session();
    const origin = "http://box:1111";
    const out = await portal.send("/ai-dock/logout", { method: "POST", headers: { Cookie }, origin });
    expect([out.status, out.headers.get("location")]).toEqual([303, "/ai-dock/login"]);
    expect(out.headers.get("set-cookie")).toContain("Max-Age=0");
    expect((await portal.check("/", { headers: { Cookie } })).status).toBe(401);
  });

  test("no link and no other site logs anybody out", async () => {
    await using portal = await startPortal();
    const headers = { Cookie: await portal.session() };
    await portal.send("/ai-dock/logout", { headers });
    await portal.send("/ai-dock/logout", { method: "POST", headers, origin: "http://evil.example" });
    expect((await portal.check("/", { headers })).status).toBe(204);
  });

  test("they go on after a restart, and ended ones stay ended", async () => {
    const { state, kept, ended } = await (async () => {
      await using portal = await startPortal();
      const [first, second] = [await portal.session(), await portal.session()];
      const request = { method: "POST", headers: { Cookie: second }, origin: "http://box:1111" };
      await portal.send("/ai-dock/logout", request);
      return { state: portal.state, kept: first, ended: second };
    })();
    await using portal = await startPortal({ state });
    expect((await portal.check("/", { headers: { Cookie: kept } })).status).toBe(204);
    expect((await portal.check("/", { headers: { Cookie: ended } })).status).toBe(401);
  });

  test("a file of ended sessions that is garbage does not stop the portal", async () => {
    const { state } = await startPortal();
    writeFileSync(join(state, "ended-sessions.json"), "{ nonsense");
    await using portal = await startPortal({ state });
    expect((await portal.logIn()).status).toBe(303);
  });

  test("a cookie that is not ours, or is changed, is none", async () => {
    await using portal = await startPortal();
    const session = await portal.session();
    const [name = "", value = ""] = session.split("=");
    const [id, expires, signature] = value.split(".");
    const forged = [
      `${name}=`,
      `${name}=${id}.${Number(expires) + 1}.${signature}`,
      `${name}=${"A".repeat(22)}.${expires}.${signature}`,
      `${name}=${id}.${expires}.${"A".repeat(43)}`,
      `${name}=correct horse`,
      `${name}=token-one`,
      `${name}=${portal.code}`,
      `x${session}`,
      `ai_dock_76543210_session=${value}`,
    ];
    for (const Cookie of forged) expect((await portal.check("/", { headers: { Cookie } })).status).toBe(401);
  });

  test("among cookies of one name the valid one counts, wherever it stands", async () => {
    await using portal = await startPortal();
    const session = await portal.session();
    const planted = `${session.split("=")[0]}=planted`;
    for (const Cookie of [`${planted}; ${session}`, `${session}; ${planted}`, `a=b;${session};c=d`])
      expect((await portal.check("/", { headers: { Cookie } })).status).toBe(204);
    expect((await portal.check("/", { headers: { Cookie: `${planted}; ${planted}` } })).status).toBe(401);
  });
});

describe("wrong passwords", () => {
  test("ten thousand of them: a handful is looked at, the right one does not get in among them, others do", async () => {
    await using portal = await startPortal();
    const statuses: number[] = [];
    using clock = ownClock();
    for (let batch = 0; batch < 100; batch++) {
      clock.pass(100);
      const tries = Array.from({ length: 100 }, (_, index) =>
        portal.logIn({ password: `guess ${batch}-${index}` }),
      );
      statuses.push(...(await Promise.all(tries)).map(({ status }) => status));
    }
    expect(statuses.filter((status) => status === 401).length).toBeLessThan(20);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    const slowed = await portal.logIn();
    expect([slowed.status, cookieOf(slowed)]).toEqual([429, ""]);
    expect(Number(slowed.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await portal.logIn({}, { client: "203.0.113.5" })).status).toBe(303);
  });

  test("ten thousand of them from as many addresses: the most of them are not looked at, a link of one use lets in", async () => {
    await using portal = await startPortal();
    expect((await portal.logIn({}, { client: "203.0.113.5" })).status).toBe(303);
    const counts = new Map<number, number>();
    using clock = ownClock();
    for (let batch = 0; batch < 100; batch++) {
      clock.pass(100);
      const tries = Array.from({ length: 100 }, (_, index) =>
        portal.logIn({ password: `guess ${batch}-${index}` }, { client: `2001:db8:${batch}:${index}::1` }),
      );
      for (const { status } of await Promise.all(tries)) counts.set(status, (counts.get(status) ?? 0) + 1);
    }
    expect(new Set(counts.keys())).toEqual(new Set([401, 429]));
    expect(counts.get(401)).toBeLessThan(2000);
    expect((await portal.logIn({}, { client: "192.0.2.1" })).status).toBe(429);
    expect((await portal.logIn({}, { client: "203.0.113.5" })).status).toBe(303);
    expect((await useCode(portal, portal.code, { client: "192.0.2.1" })).status).toBe(303);
  });

  test("the same limit holds for tokens and Basic, in headers and addresses", async () => {
    await using portal = await startPortal();
    using _ = ownClock();
    for (let count = 0; count < 6; count++)
      await portal.check("/", { headers: { Authorization: `Bearer guess-${count}` } });
    const Authorization = "Bearer token-one";
    expect((await portal.check("/", { headers: { Authorization } })).status).toBe(429);
    expect((await portal.check("/?token=token-one")).status).toBe(429);
    expect((await portal.send("/ai-dock/pre-auth?token=token-one")).status).toBe(429);
    expect((await portal.logIn()).status).toBe(429);
    expect((await portal.check("/", { client: "2001:db8::1", headers: { Authorization } })).status).toBe(204);
  });

  test("who is logged in does not notice", async () => {
    await using portal = await startPortal();
    const headers = { Cookie: await portal.session() };
    for (let count = 0; count < 20; count++) await portal.logIn({ password: "wrong" });
    expect((await portal.check("/", { headers })).status).toBe(204);
  });

  test("a client cannot name another address", async () => {
    await using portal = await startPortal();
    using _ = ownClock();
    for (let count = 0; count < 20; count++)
      await portal.logIn(
        { password: "wrong" },
        { headers: { "X-Forwarded-For": `10.0.0.${count}`, "X-Real-Ip": "1.1.1.1" } },
      );
    expect((await portal.logIn()).status).toBe(429);
  });
});
