import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tellTerminals, typedTimes } from "../../src/sys/terminals.ts";

const folder = mkdtempSync(join(tmpdir(), "pts-"));

test("where there are no terminals, nobody types and nobody is told", () => {
  expect([...typedTimes(join(folder, "none"))]).toEqual([]);
  tellTerminals("hello", join(folder, "none"));
});

test("what is no terminal is never written to", () => {
  const own = join(folder, "own");
  mkdirSync(own);
  writeFileSync(join(own, "0"), "");
  writeFileSync(join(own, "ptmx"), "");
  expect([...typedTimes(own).keys()]).toEqual(["0"]);
  tellTerminals("hello", own);
  expect(readFileSync(join(own, "0"), "utf8")).toBe("");
});

test("a line reaches a terminal, and a stopped one holds up nobody", async () => {
  let shown = "";
  const shell = Bun.spawn(["sh"], {
    terminal: { data: (_, bytes) => void (shown += Buffer.from(bytes).toString()) },
  });
  const other = Bun.spawn(["sh"], { terminal: { data: () => undefined } });
  const typed = async (child: typeof shell, text: string) => {
    child.terminal?.write(text);
    await Bun.sleep(50);
  };
  await typed(shell, "echo begun\r");
  while (!shown.includes("begun\r\n")) await Bun.sleep(5);
  // Ctrl-S: its output stops.
  await typed(other, "\u0013");
  const began = performance.now();
  for (let time = 0; time < 20; time++) tellTerminals(`*** ${"soon ".repeat(500)} ***`);
  expect(performance.now() - began).toBeLessThan(1000);
  // What was too much at once for a terminal that is read is lost, and no more than that.
  await typed(shell, "echo again\r");
  while (!shown.includes("again\r\n")) await Bun.sleep(5);
  tellTerminals("*** the end ***");
  while (!shown.includes("\u0007*** the end ***")) await Bun.sleep(5);
  for (const child of [shell, other]) child.kill("SIGKILL");
});
