import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { buildPage } from "../../../scripts/lib/page.ts";
import { loadAssets } from "../../../src/portal/http/assets.ts";
import { type Options, startPortal } from "../../portal/_portal.ts";
import { startFront } from "./_front.ts";

/** How long anything may take to appear; generous, as a busy machine is no failure. */
const PATIENCE_MILLISECONDS = 60_000;

let started: Promise<Browser> | undefined;
let built: ReturnType<typeof build> | undefined;

/** After all tests of a file. */
export async function closeBrowser(): Promise<void> {
  const running = started;
  // Another file of the same process begins anew.
  started = undefined;
  await (await running)?.close();
}

/** Debian's Chromium; as root it has no sandbox of its own. */
function browser(): Promise<Browser> {
  const executablePath = Bun.which("chromium") ?? "/usr/bin/chromium";
  return (started ??= chromium.launch({
    executablePath,
    args: ["--no-sandbox"],
    timeout: 2 * PATIENCE_MILLISECONDS,
  }));
}

async function build() {
  const folder = mkdtempSync(join(tmpdir(), "page-"));
  await buildPage(folder);
  return await loadAssets(folder);
}

/** A portal behind Caddy, and pages of a browser that look at it, until the end of the scope. */
export async function openPortal(options: Omit<Options, "assets"> = {}) {
  const portal = await startPortal({ ...options, assets: await (built ??= build()) });
  const front = await startFront(portal);
  const complaints: string[] = [];
  const closes: (() => Promise<void>)[] = [];
  return {
    portal,
    front,
    /** What browsers have complained of: errors of scripts, and what the policy of the pages has kept out. */
    complaints,
    /** A page of a browser of its own; `path` is opened after a login. */
    async open(path?: string, context: BrowserContextOptions = {}): Promise<Page> {
      const own = await (await browser()).newContext({ viewport: { width: 1280, height: 800 }, ...context });
      own.setDefaultTimeout(PATIENCE_MILLISECONDS);
      closes.push(async () => await own.close());
      const page = await own.newPage();
      page.on("pageerror", ({ message }) => complaints.push(message));
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      page.on("dialog", (dialog) => {
        complaints.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      if (path === undefined) return page;
      await page.goto(`${front.url}${path}`);
      await logIn(page, portal.world.credentials);
      await page.locator("h1").waitFor();
      return page;
    },
    async [Symbol.asyncDispose]() {
      for (const close of closes) await close();
      await front[Symbol.asyncDispose]();
      await portal[Symbol.asyncDispose]();
    },
  };
}

export async function logIn(
  page: Page,
  { user, password }: { user: string; password: string },
): Promise<void> {
  await page.getByLabel("User").fill(user);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
}

/** The lines of a log that the page draws at this moment. */
export async function linesOf(page: Page): Promise<string[]> {
  return await page.locator(".log-row").allTextContents();
}
