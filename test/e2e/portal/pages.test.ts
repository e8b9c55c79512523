import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import type { IdleState } from "../../../src/control/idle.ts";
import { someIdleState } from "../../control/idle-fixture.ts";
import { services } from "../../portal/_portal.ts";
import { specOf } from "../../supervisor/spec-fixture.ts";
import { violations } from "./_axe.ts";
import { closeBrowser, logIn, openPortal } from "./_browser.ts";

setDefaultTimeout(420_000);
afterAll(closeBrowser);

const paths = ["/", "/programs", "/logs", "/machine", "/provisioning", "/environment", "/doctor", "/connect"];

const looks = [
  { colorScheme: "light", viewport: { width: 1280, height: 800 } },
  { colorScheme: "dark", viewport: { width: 1280, height: 800 } },
  { colorScheme: "light", viewport: { width: 390, height: 844 } },
  { colorScheme: "dark", viewport: { width: 390, height: 844 } },
] as const;

describe("every page", () => {
  test.each(looks)("%j: nothing for axe-core to complain of, nothing wider than the screen", async (look) => {
    await using world = await openPortal({
      services: services.map((one) => ({
        ...one,
        name: `${one.name}-with-a-name-that-is-longer-than-any-phone-is-wide_01`,
        links: [
          { kind: "direct", url: "http://203.0.113.7:41188/" },
          { kind: "quick", url: "https://able-lion-quiet-moon.trycloudflare.com/some/path" },
        ],
      })),
    });
    const { portal } = world;
    for (const name of ["comfyui", "sshd"]) portal.supervisor.add(specOf(name));
    portal.supervisor.add(specOf("broken", { skipped: "nothing is configured" }));
    const colours = Array.from(
      { length: 16 },
      (_, index) => `\u001B[${index < 8 ? 30 + index : 82 + index}mcolour ${index}\u001B[0m\n`,
    );
    writeFileSync(join(portal.directory, "comfyui.log"), colours.join(""));
    const items = [
      { name: "sdxl", state: "running", received: 29, total: 69, rate: 8 },
      { name: "a-node-with-a-name-that-is-longer-than-any-phone-is-wide_01", state: "running" },
      { name: "vae", state: "failed", reason: "404: no such file" },
    ];
    writeFileSync(join(portal.directory, "provisioning.json"), JSON.stringify({ isRunning: true, items }));
    portal.world.idle.current = countdown();
    portal.supervisor.notices.set("idle", { severity: "warning", message: "Nobody uses this container" });
    portal.tell("state");
    const page = await world.open(undefined, look);
    await page.goto(`${world.front.url}/`);
    expect(await violations(page)).toEqual([]);
    await logIn(page, portal.world.credentials);
    for (const path of paths) {
      await page.goto(world.front.url + path);
      await page.locator("main h1").waitFor();
      await page.getByText("Loading …").waitFor({ state: "detached" });
      await page
        .locator(
          {
            "/machine": ".curve",
            "/logs": ".log-row",
            "/doctor": ".checks li",
            "/provisioning": ".items progress",
          }[path] ?? "main",
        )
        .first()
        .waitFor({ state: "attached" });
      expect([path, await violations(page)]).toEqual([path, []]);
      const width = await page.evaluate("document.documentElement.scrollWidth");
      expect([path, width]).toEqual([path, look.viewport.width]);
      const where = await page.locator("nav a[aria-current]").boundingBox();
      expect(where?.x).toBeWithin(0, look.viewport.width - (where?.width ?? 0) + 1);
    }
    expect(world.complaints).toEqual([]);
  });
});

/** What the page says for some seconds, of what `act` does. */
const said = async (page: Page, text: string, act: () => Promise<void>) =>
  await Promise.all([page.getByText(text).waitFor(), act()]);

/** A container that ends soon, with a use that could not be measured. */
const countdown = (): IdleState => ({
  ...someIdleState,
  phase: "warning",
  busy: [{ source: "gpu", detail: "GPU 0 tells no load", measured: false, since: Date.now() }],
  ends: { why: "idle", at: Date.now() + 290_000 },
});

test("a countdown stands on each page, and its button keeps the container", async () => {
  await using world = await openPortal();
  const { portal } = world;
  portal.world.idle.current = countdown();
  const message = "Nobody uses this container: the container ends in 5 min";
  portal.supervisor.notices.set("idle", { severity: "warning", message });
  portal.tell("state");
  const page = await world.open("/programs");
  await page.getByRole("alert").getByText(message).waitFor();
  await said(page, "Kept for 2 h", () =>
    page.getByRole("alert").getByRole("button", { name: "Keep for 2 h" }).click(),
  );
  expect(portal.world.idle.current.kept_until).toBeWithin(Date.now() + 7_100_000, Date.now() + 7_201_000);
  portal.supervisor.notices.delete("idle");
  portal.tell("state");
  await page.goto(`${world.front.url}/machine`);
  await page
    .getByText(/in use/i)
    .first()
    .waitFor();
  await said(page, "No more kept", () => page.getByRole("button", { name: "Keep no more" }).click());
  expect(portal.world.idle.current?.kept_until).toBeNull();
});

describe("login", () => {
  test("a wrong password, the right one, and the way out", async () => {
    await using world = await openPortal();
    const page = await world.open();
    await page.goto(`${world.front.url}/programs`);
    await logIn(page, { user: "user", password: "wrong" });
    await page.getByRole("alert").getByText("Wrong user name or password").waitFor();
    await logIn(page, world.portal.world.credentials);
    await page.getByRole("heading", { name: "Programs" }).waitFor();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("button", { name: "Log in" }).waitFor();
    await page.goto(`${world.front.url}/programs`);
    await page.getByRole("button", { name: "Log in" }).waitFor();
  });

  test("on the port of an app: the same page, and then the app", async () => {
    await using world = await openPortal();
    using _ = Bun.serve({
      port: world.front.appPort,
      hostname: "127.0.0.1",
      fetch: ({ url }) =>
        new Response(`<h1>The app at ${new URL(url).pathname}</h1>`, {
          headers: { "Content-Type": "text/html" },
        }),
    });
    const page = await world.open();
    await page.goto(`${world.front.app}/lab`);
    await logIn(page, world.portal.world.credentials);
    await page.getByRole("heading", { name: "The app at /lab" }).waitFor();
    expect(world.complaints).toEqual([]);
  });

  test.each([true, false])("a link of one use, with scripts or without: %j", async (javaScriptEnabled) => {
    await using world = await openPortal();
    const page = await world.open(undefined, { javaScriptEnabled });
    await page.goto(`${world.front.app}/ai-dock/pre-auth?code=${world.portal.code}&next=/ai-dock/logout`);
    if (!javaScriptEnabled) await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("heading", { name: "Log out" }).waitFor();
    expect((await page.context().cookies()).length).toBe(1);
    expect(world.complaints).toEqual([]);
  });

  test("a page that is open when the session ends leads to the login, and back", async () => {
    await using world = await openPortal();
    const page = await world.open("/doctor");
    world.portal.world.credentials = {
      ...world.portal.world.credentials,
      sessionKey: Buffer.alloc(32, 9).toString("base64"),
    };
    world.portal.tell("credentials");
    while (!page.url().includes("/ai-dock/login")) {
      await page
        .getByRole("button", { name: "Look again" })
        .click({ timeout: 5000 })
        .catch(() => undefined);
      await page.waitForTimeout(50);
    }
    await logIn(page, world.portal.world.credentials);
    await page.getByRole("heading", { name: "Doctor" }).waitFor();
  });
});

describe("services and programs", () => {
  test("a service comes, gets ready, and goes, without a reload", async () => {
    await using world = await openPortal();
    const page = await world.open("/");
    const { portal } = world;
    const late = {
      ...services[1],
      port: 7860,
      name: "Forge",
      program: null,
      ready: false,
      reason: "nothing listens on 17860",
    };
    portal.world.services = [...services, late as (typeof services)[number]];
    portal.tell("state");
    const card = page.locator(".card", { hasText: "Forge" });
    await card.getByText("nothing listens on 17860").waitFor();
    portal.world.services = [
      ...services,
      { ...late, ready: true, reason: null } as (typeof services)[number],
    ];
    portal.tell("state");
    await card.getByText("READY", { exact: true }).waitFor();
    portal.world.services = services;
    portal.tell("state");
    await card.waitFor({ state: "detached" });
  });

  test("a program is restarted by click, stopped and started by keyboard", async () => {
    await using world = await openPortal();
    const { supervisor } = world.portal;
    const program = supervisor.add(specOf("comfyui"));
    supervisor.add(specOf("sshd"));
    await supervisor.start([program]);
    const { pid } = program;
    const page = await world.open("/programs");
    await said(page, "comfyui: restarted", () =>
      page.getByRole("button", { name: "Restart comfyui" }).click(),
    );
    expect(program.pid).not.toBe(pid);
    await page.getByRole("button", { name: "Stop comfyui" }).focus();
    await said(page, "comfyui: stopped", () => page.keyboard.press("Enter"));
    expect(program.state).toBe("STOPPED");
    // The focus is where it was, on what is now the start.
    await page.locator(":focus", { hasText: "Start" }).waitFor();
    await page.locator(":focus:not([aria-disabled=true])").waitFor();
    await said(page, "comfyui: started", () => page.keyboard.press("Space"));
    expect(program.state).toBe("RUNNING");
    expect(await page.getByRole("button", { name: "Stop sshd" }).count()).toBe(0);
  });

  test("names that are script are text", async () => {
    const script = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;
    const evil = { ...services[1], name: script, links: [{ kind: "direct", url: "javascript:alert(3)" }] };
    await using world = await openPortal({ services: [services[0], evil] as typeof services });
    world.portal.supervisor.add(specOf("a", { skipped: script }));
    writeFileSync(join(world.portal.directory, `${script.replaceAll("/", "∕")}.log`), `${script}\n`);
    const page = await world.open("/");
    await page.getByRole("heading", { name: script }).waitFor();
    expect(await page.locator("a[href^='javascript']").count()).toBe(0);
    await page.goto(`${world.front.url}/programs`);
    await page.getByText(script).waitFor();
    await page.goto(`${world.front.url}/logs`);
    await page.locator(".log-row", { hasText: script }).waitFor();
    expect(await page.locator("main img, main script").count()).toBe(0);
    expect(world.complaints).toEqual([]);
  });

  test("the first thing by keyboard leads past the navigation; a change of page is heard", async () => {
    await using world = await openPortal();
    const page = await world.open("/");
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent.trim()")).toBe("To the content");
    await page.getByRole("link", { name: "Doctor" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Doctor" }).waitFor();
    await page.locator("h1:focus").waitFor();
    await page.goBack();
    await page.getByRole("heading", { name: "Services" }).waitFor();
  });
});

test("a form of another site starts nothing", async () => {
  await using world = await openPortal();
  const program = world.portal.supervisor.add(specOf("comfyui"));
  const page = await world.open("/");
  // "localhost" is another site than 127.0.0.1, and the browser has a session for the latter.
  using site = Bun.serve({
    port: 0,
    fetch: () =>
      new Response(
        `<form method="post" enctype="text/plain" action="${world.front.url}/api/v1/actions"><input name='{"action":"start","names":["comfyui"],"x":"' value='"}'></form><script>document.forms[0].submit()</script>`,
        { headers: { "Content-Type": "text/html" } },
      ),
  });
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.url().endsWith("/api/v1/actions")),
    page.goto(`http://localhost:${site.port}/`),
  ]);
  expect([401, 403]).toContain(answer.status());
  expect(program.state).toBe("STOPPED");
});

test("who comes too early sees what is waited for, and then the app", async () => {
  await using world = await openPortal();
  const page = await world.open("/");
  world.portal.world.boot = { step: "provisioning", since: Date.now() };
  writeFileSync(join(world.portal.directory, "provisioning.log"), "Downloading a model\n");
  world.portal.tell("state");
  await page.goto(world.front.app);
  await page.getByRole("heading", { name: "ComfyUI is not ready yet" }).waitFor();
  await page.getByText("The container is booting: provisioning").waitFor();
  await page.getByText("Downloading a model").waitFor();
  expect(await violations(page)).toEqual([]);
  writeFileSync(join(world.portal.directory, "provisioning.log"), "Downloading a model\nDone\n");
  await page.getByText("Done").waitFor();
  using _ = Bun.serve({
    port: world.front.appPort,
    hostname: "127.0.0.1",
    fetch: () => new Response("<h1>The app</h1>", { headers: { "Content-Type": "text/html" } }),
  });
  await page.getByRole("heading", { name: "The app" }).waitFor();
});

test("what opens on demand has nothing for axe-core to complain of either, and closes by keyboard", async () => {
  await using world = await openPortal();
  writeFileSync(join(world.portal.directory, "comfyui.log"), "CUDA out of memory\n");
  const page = await world.open("/");
  await page.getByRole("button", { name: "QR code of the address of ComfyUI" }).click();
  await page.getByRole("img", { name: /:8188\/$/ }).waitFor();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await page.getByRole("img", { name: /:8188\/$/ }).waitFor({ state: "hidden" });
  await page.goto(`${world.front.url}/logs?search=1`);
  await page.getByLabel("Regular expression").fill("memory");
  await page.keyboard.press("Enter");
  await page.locator("mark").waitFor();
  await page.getByRole("button", { name: "Times" }).click();
  await page.locator(".picker summary").click();
  await page.getByLabel("comfyui").waitFor();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await page.getByLabel("comfyui").waitFor({ state: "hidden" });
  await page.goto(`${world.front.url}/connect`);
  await page.getByRole("button", { name: "Show" }).click();
  await page.getByText("token-one").waitFor();
  expect(await violations(page)).toEqual([]);
});
