import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tellTerminals, typedTimes } from "../../src/sys/terminals.ts";
import { mount, unmount } from "../logs/_helpers.ts";

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

/** A shell on a terminal, what that has shown, and its name among terminals. */
async function shell() {
  let shown = "";
  const child = Bun.spawn(["sh"], {
    terminal: { data: (_, bytes) => void (shown += Buffer.from(bytes).toString()) },
  });
  const shows = async (text: string) => {
    while (!shown.includes(text)) await Bun.sleep(5);
  };
  const type = (text: string) => void child.terminal?.write(text);
  type("echo on=$(tty)\r");
  await shows("on=/dev/pts/");
  while (!/on=\/dev\/pts\/\d+\r\n/.test(shown)) await Bun.sleep(5);
  const [, number = ""] = /on=\/dev\/pts\/(\d+)\r\n/.exec(shown) ?? [];
  return { child, number, shows, type };
}

/** A folder that has these terminals alone: what is told must not reach those of other tests and of whoever runs them. */
function folderOf(numbers: string[]): { path: string } & Disposable {
  const path = join(folder, "some");
  mkdirSync(path);
  for (const number of numbers) {
    writeFileSync(join(path, number), "");
    mount(["--bind", `/dev/pts/${number}`, join(path, number)]);
  }
  return {
    path,
    [Symbol.dispose]() {
      for (const number of numbers) unmount(join(path, number));
    },
  };
}

test("a line reaches a terminal, and a stopped one holds up nobody", async () => {
  const [one, other] = [await shell(), await shell()];
  using terminals = folderOf([one.number, other.number]);
  const tell = (text: string) => tellTerminals(`*** ${text} ***`, terminals.path);
  tell("hello");
  for (const { shows } of [one, other]) await shows("\u0007*** hello ***");
  // Ctrl-S: its output stops; whoever waited for it would wait for ever.
  other.type("\u0013");
  await Bun.sleep(50);
  const began = performance.now();
  for (let time = 0; time < 20; time++) tell("soon ".repeat(500));
  expect(performance.now() - began).toBeLessThan(20_000);
  // What was too much at once for a terminal that is read is lost, and no more than that.
  one.type("echo ag''ain\r");
  await one.shows("again\r\n");
  tell("the end");
  await one.shows("\u0007*** the end ***");
  for (const { child } of [one, other]) child.kill("SIGKILL");
});
