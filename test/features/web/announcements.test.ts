import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { watchAnnouncements } from "../../../src/features/web/announcements.ts";

const folder = () => mkdtempSync(join(tmpdir(), "ports-"));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(5);
}

test("a change is told, and so is one that comes right after it", async () => {
  const directory = folder();
  let told: string[] = [];
  const end = watchAnnouncements(() => (told = readdirSync(directory).toSorted()), directory);
  writeFileSync(join(directory, "8188"), "");
  await until(() => told.length === 1);
  writeFileSync(join(directory, "8189"), "");
  writeFileSync(join(directory, "8190"), "");
  await until(() => told.length === 3);
  rmSync(join(directory, "8188"));
  await until(() => told.length === 2);
  end();
});

test("a flood of changes is told by a handful of calls, and leaves no descriptor", async () => {
  const directory = folder();
  let calls = 0;
  const end = watchAnnouncements(() => calls++, directory);
  const fds = () => readdirSync("/proc/self/fd").length;
  writeFileSync(join(directory, "1"), "");
  await until(() => calls === 1);
  const before = fds();
  const flood = Bun.spawn([
    "python3",
    "-c",
    `import os, sys
for n in range(5000):
    p = sys.argv[1] + "/" + str(n % 50); open(p, "w").close(); os.unlink(p)`,
    directory,
  ]);
  const started = performance.now();
  await flood.exited;
  const rests = Math.ceil((performance.now() - started) / 200);
  expect(calls).toBeLessThanOrEqual(rests + 2);
  expect(fds()).toBeLessThanOrEqual(before + 1);
  end();
});

test("a directory that is not there cannot be watched, and nothing else happens", () => {
  watchAnnouncements(() => undefined, "/nonexistent/ports")();
});
