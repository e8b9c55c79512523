import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { until } from "../../portal/_portal.ts";
import { specOf } from "../../supervisor/spec-fixture.ts";
import { waitFor } from "../harness.ts";
import { closeBrowser, linesOf, openPortal } from "./_browser.ts";

setDefaultTimeout(420_000);
afterAll(closeBrowser);

const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}\n`).join("");

/** Every line of the view, as one sees them who scrolls from its beginning to its end. */
async function allLines(page: Page): Promise<string[]> {
  return await page.evaluate<string[]>(`(async () => {
    const box = document.querySelector(".log-box");
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const lines = new Set();
    for (let top = 0; ; top += box.clientHeight) {
      box.scrollTop = top;
      await frame();
      for (const row of box.querySelectorAll(".log-row")) lines.add(row.textContent);
      if (top > box.scrollHeight) return [...lines];
    }
  })()`);
}

test("a log is followed through the rotations of a real program, every line once", async () => {
  await using world = await openPortal();
  const { supervisor, directory } = world.portal;
  const script =
    "for i in $(seq 1 5000); do echo line $i; [ $((i % 100)) = 0 ] && sleep 0.02; done; exec sleep 1000";
  const program = supervisor.add(
    specOf("app", {
      command: ["/bin/bash", "-c", script],
      stdout: { kind: "file", path: join(directory, "app.log"), maxBytes: 5000, backups: 20 },
    }),
  );
  const page = await world.open("/logs?name=app");
  // A view that comes later begins with the last thousand lines.
  await page.getByText("Live", { exact: true }).waitFor();
  void supervisor.start([program]);
  await page.locator(".log-row", { hasText: "line 5000" }).waitFor();
  const seen = new Set(await allLines(page));
  expect(seen.size).toBe(5000);
});

test("a hundred thousand lines: some are drawn, all are there", async () => {
  await using world = await openPortal();
  const path = join(world.portal.directory, "app.log");
  writeFileSync(path, lines(1, 100_000));
  const page = await world.open("/logs?name=app");
  await page.locator(".log-row", { hasText: "line 100000" }).waitFor();
  await page.getByRole("button", { name: "Earlier lines" }).click();
  // The line that was the first one before stays in view.
  await page
    .locator(".log-row")
    .filter({ hasText: /^line 99001$/ })
    .waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Earlier lines" }).click();
  await page
    .locator(".log-row")
    .filter({ hasText: /^line 90001$/ })
    .waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
  await page.locator(".log-box").focus();
  await page.keyboard.press("Home");
  await page
    .locator(".log-row")
    .filter({ hasText: /^line 1$/ })
    .waitFor();
  for (const middle of [0.25, 0.5, 0.75]) {
    const script = `{ const box = document.querySelector(".log-box"); box.scrollTop = box.scrollHeight * ${middle}; }`;
    await page.evaluate(script);
    await page
      .locator(".log-row")
      .filter({ hasText: new RegExp(`^line ${middle * 100_000 + 5}$`) })
      .waitFor();
    expect((await linesOf(page)).length).toBeLessThan(150);
  }
  appendFileSync(path, "the end\n");
  await page.getByRole("button", { name: "To the end" }).click();
  await page.locator(".log-row", { hasText: "the end" }).waitFor();
});

test("a progress bar is one line; colours are colours; nothing is markup", async () => {
  await using world = await openPortal();
  const path = join(world.portal.directory, "app.log");
  writeFileSync(path, "\u001B[31mred\u001B[0m <b>not bold</b>\n 10%|#   |\r 20%|##  |");
  const page = await world.open("/logs?name=app");
  await page.locator(".log-row", { hasText: "20%|##  |" }).waitFor();
  appendFileSync(path, "\r100%|####|\ndone\n");
  await page.locator(".log-row", { hasText: "done" }).waitFor();
  expect(await linesOf(page)).toEqual(["red <b>not bold</b>", "100%|####|", "done"]);
  const colour = "getComputedStyle(document.querySelector('.log-text span')).color";
  expect(await page.evaluate(colour)).not.toBe(await page.evaluate(colour.replace(" span", "")));
  expect(world.complaints).toEqual([]);
});

test("a search through rotated files leads to the line", async () => {
  await using world = await openPortal();
  const path = join(world.portal.directory, "app.log");
  writeFileSync(`${path}.1`, `${lines(1, 30_000)}CUDA out of memory\n${lines(30_001, 60_000)}`);
  writeFileSync(path, lines(60_001, 90_000));
  const page = await world.open("/logs?name=app");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByPlaceholder("Regular expression").fill("cuda .* memory");
  await page.keyboard.press("Enter");
  await page.getByText("1 lines").waitFor();
  expect(await page.locator("mark").allTextContents()).toEqual(["CUDA out of memory"]);
  await page.locator(".matches button").click();
  await page.locator(".log-row.found", { hasText: "CUDA out of memory" }).waitFor();
  await page.locator(".log-row", { hasText: "line 30000" }).waitFor();
  await page.getByRole("button", { name: "Back to live" }).click();
  await page.locator(".log-row", { hasText: "line 90000" }).waitFor();
  await page.getByPlaceholder("Regular expression").fill("(");
  await page.keyboard.press("Enter");
  await page.getByText("expected a regular expression").waitFor();
});

test("a pause holds the view still and loses nothing", async () => {
  await using world = await openPortal();
  const path = join(world.portal.directory, "app.log");
  writeFileSync(path, lines(1, 3));
  const page = await world.open("/logs?name=app");
  await page.locator(".log-row", { hasText: "line 3" }).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  appendFileSync(path, lines(4, 13));
  await page.getByRole("button", { name: "Go on (10 new)" }).waitFor();
  expect(await linesOf(page)).toEqual(lines(1, 3).trim().split("\n"));
  await page.getByRole("button", { name: "Go on (10 new)" }).click();
  await page.locator(".log-row", { hasText: "line 13" }).waitFor();
  expect(await linesOf(page)).toEqual(lines(1, 13).trim().split("\n"));
});

test("a connection that ends goes on where it was, and the view stays", async () => {
  await using world = await openPortal();
  const path = join(world.portal.directory, "app.log");
  writeFileSync(path, lines(1, 500));
  const page = await world.open("/logs?name=app");
  await page.locator(".log-row", { hasText: "line 500" }).waitFor();
  await page.locator(".log-box").focus();
  await page.keyboard.press("Home");
  await page
    .locator(".log-row")
    .filter({ hasText: /^line 1$/ })
    .waitFor();
  // The browser scrolls smoothly, and where it gets no processor not always to the end.
  const top = async () => await page.evaluate<number>("document.querySelector('.log-box').scrollTop");
  await waitFor(
    async () => {
      await page.keyboard.press("Home");
      return (await top()) === 0;
    },
    { what: "the beginning of the log", detail: async () => `at ${await top()} pixels` },
  );
  world.portal.loseSupervisor();
  await page.getByText("Lost; trying again …").waitFor();
  appendFileSync(path, lines(501, 510));
  world.portal.findSupervisor();
  await page.getByText("Live", { exact: true }).waitFor();
  expect(await top()).toBe(0);
  await page.getByRole("button", { name: "To the end" }).click();
  await page.locator(".log-row", { hasText: "line 510" }).waitFor();
  expect((await allLines(page)).length).toBe(510);
});

test("logs are chosen by name; several are named on their lines", async () => {
  await using world = await openPortal();
  for (const name of ["one", "two", "three"])
    writeFileSync(join(world.portal.directory, `${name}.log`), `from ${name}\n`);
  const page = await world.open("/logs");
  await page.locator(".log-row", { hasText: "three from three" }).waitFor();
  await page.locator(".picker summary").click();
  await page.getByLabel("one").check();
  await page.getByLabel("two").check();
  await page.keyboard.press("Escape");
  await page.locator(".picker summary").getByText("one + 1").waitFor();
  await until(async () => (await linesOf(page)).length === 2);
  expect((await linesOf(page)).toSorted()).toEqual(["one from one", "two from two"]);
  await page.reload();
  await until(async () => (await linesOf(page)).length === 2);
});

test("a download has every byte", async () => {
  await using world = await openPortal();
  const text = `${lines(1, 1000)}\u001B[31mred\u001B[0m\r\n`;
  writeFileSync(join(world.portal.directory, "app.log"), text);
  const page = await world.open("/logs?name=app");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Download" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("app.log");
  expect(await Bun.file(await download.path()).text()).toBe(text);
});

test("a line that grows over several rows, as a row of dots does, takes the place it needs", async () => {
  await using world = await openPortal();
  const path = join(world.portal.directory, "app.log");
  writeFileSync(path, "..");
  const page = await world.open("/logs?name=app", { viewport: { width: 390, height: 844 } });
  await page.locator(".log-row", { hasText: ".." }).waitFor();
  appendFileSync(path, ".".repeat(500));
  await page.locator(".log-row", { hasText: ".".repeat(502) }).waitFor();
  appendFileSync(path, " 終わりました".repeat(30));
  await page.locator(".log-row", { hasText: "終わりました" }).waitFor();
  // Every line has its own height by then, in numbers as on the screen.
  await until(
    async () =>
      (await page.locator(".log-space").boundingBox())?.height ===
      (await page.locator(".log-rows").boundingBox())?.height,
  );
});
