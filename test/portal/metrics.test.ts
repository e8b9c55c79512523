import { expect, test } from "bun:test";
import { specOf } from "../supervisor/spec-fixture.ts";
import { APP_PORT, navigation, startPortal } from "./_portal.ts";

const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });

test("metrics are for whoever may use the API, and for nobody else", async () => {
  await using portal = await startPortal();
  portal.supervisor.add(specOf('an "app"'));
  const statusOf = async (request: Parameters<typeof portal.send>[1]) =>
    (await portal.send("/metrics", request)).status;
  expect(await statusOf({})).toBe(401);
  expect(await statusOf(bearer("wrong"))).toBe(401);
  expect(await statusOf({ headers: navigation })).toBe(302);
  expect(await statusOf({ ...bearer("token-one"), method: "POST" })).toBe(404);
  expect(await statusOf({ ...bearer("token-one"), port: APP_PORT })).toBe(404);
  const answer = await portal.send("/metrics", bearer("token-one"));
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(await answer.text()).toContain('ai_dock_program_state{program="an \\"app\\"",state="STOPPED"} 1\n');
  const basic = Buffer.from(`user:${portal.world.credentials.password}`).toString("base64");
  expect(await statusOf({ headers: { Authorization: `Basic ${basic}` } })).toBe(200);
  expect(await statusOf({ headers: { Cookie: await portal.session() } })).toBe(200);
});

test("a scraper that names no time to wait gets them as others do", async () => {
  await using portal = await startPortal();
  for (const seconds of ["-5", "soon", "0", ""]) {
    const headers = { ...bearer("token-one").headers, "X-Prometheus-Scrape-Timeout-Seconds": seconds };
    const answer = await portal.send("/metrics", { headers });
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining("ai_dock_healthy")]);
  }
});

test("where no login is asked for, metrics need none either", async () => {
  await using portal = await startPortal({ credentials: { login: false } });
  const answer = await portal.send("/metrics");
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining("# TYPE ai_dock_")]);
});

test("many at once get the same answer, one that hangs holds up nobody, and none is activity of a user", async () => {
  await using portal = await startPortal();
  // Never read.
  const hanging = await Promise.all(
    Array.from({ length: 20 }, () => portal.send("/metrics", bearer("token-one"))),
  );
  const answers = await Promise.all(
    Array.from({ length: 20 }, async () => (await portal.send("/metrics", bearer("token-one"))).text()),
  );
  expect(new Set(answers.map((text) => text.length > 1000)).has(false)).toBeFalse();
  expect(await (await portal.send("/.ai-dock/activity")).text()).toStartWith("0");
  await Promise.all(hanging.map(async ({ body }) => await body?.cancel()));
});

test("while the supervisor is away, so are the metrics", async () => {
  await using portal = await startPortal();
  portal.loseSupervisor();
  const { status } = await portal.send("/metrics", bearer("token-one"));
  expect(status).toBeOneOf([502, 503]);
  portal.findSupervisor();
});
