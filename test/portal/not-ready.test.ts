import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { specOf } from "../supervisor/spec-fixture.ts";
import { APP_PORT, type AsCaddy, navigation, OPEN_PORT, type Portal, startPortal, until } from "./_portal.ts";

const TYPE = "application/vnd.ai-dock.waiting+json";

/** Asks as Caddy does once the app could not be reached. */
async function ask(portal: Portal, { headers = {}, port = APP_PORT, ...rest }: AsCaddy = {}) {
  const given = { "X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/", "X-AI-Dock-Error": "502", ...headers };
  return await portal.send("/.ai-dock/not-ready", { ...rest, port, headers: given });
}

test("machines get a status and when to come again", async () => {
  await using portal = await startPortal();
  for (const tunnel of [false, true]) {
    const { status, headers } = await ask(portal, { tunnel });
    expect([status, headers.get("retry-after")]).toEqual([503, "2"]);
  }
});

test("people get a page that says what is waited for; through Cloudflare, which would replace a 503, as 200", async () => {
  await using portal = await startPortal();
  portal.supervisor.add(specOf("comfyui", { skipped: "no <GPU> here" }));
  portal.tell("state");
  const Cookie = await portal.session();
  await until(async () =>
    (await (await portal.send("/api/v1/state", { headers: { Cookie } })).text()).includes("GPU"),
  );
  for (const [tunnel, status] of [
    [false, 503],
    [true, 200],
  ] as const) {
    const answer = await ask(portal, { tunnel, headers: { ...navigation, Cookie } });
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain("comfyui is STOPPED: no &lt;GPU&gt; here");
  }
});

test("during the boot it shows the step and the last lines of its log, as text", async () => {
  await using portal = await startPortal();
  const log = "old\n\u001B[32mgreen\u001B[0m <script>alert(1)</script>\n 1%\r 50%\r 99%";
  writeFileSync(join(portal.directory, "provisioning.log"), log);
  portal.world.boot = { step: "provisioning", since: Date.now() };
  portal.tell("state");
  const headers = { ...navigation, Accept: TYPE, Cookie: await portal.session() };
  let waiting: { name: string; text: string; lines: string[] };
  do {
    const answer = await ask(portal, { headers });
    expect(answer.headers.get("content-type")).toBe(TYPE);
    waiting = (await answer.json()) as typeof waiting;
  } while (!waiting.text.includes("provisioning"));
  expect(waiting).toEqual({
    name: "ComfyUI",
    text: "The container is booting: provisioning",
    lines: ["old", "green <script>alert(1)</script>", " 99%"],
  });
  const page = await (await ask(portal, { headers: { ...navigation, Cookie: headers.Cookie } })).text();
  expect(page).not.toContain("<script>alert");
});

test("on a port without a login, logs are nobody's to read", async () => {
  await using portal = await startPortal();
  writeFileSync(join(portal.directory, "boot.log"), "a secret line\n");
  portal.world.boot = { step: "workspace", since: Date.now() };
  portal.tell("state");
  let text = "";
  while (!text.includes("booting"))
    text = await (await ask(portal, { port: OPEN_PORT, headers: navigation })).text();
  expect(text).not.toContain("a secret line");
});
