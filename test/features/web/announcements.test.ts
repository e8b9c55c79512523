import { expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
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

test("a directory that comes later, or in the place of another one, is found", async () => {
  const directory = join(folder(), "ports");
  let told: string[] = [];
  const look = () => (told = readdirSync(directory, { encoding: "utf8" }).toSorted());
  const end = watchAnnouncements(() => existsSync(directory) && look(), directory, 50);
  mkdirSync(directory);
  writeFileSync(join(directory, "8188"), "");
  await until(() => told.length === 1);
  rmSync(directory, { recursive: true });
  mkdirSync(directory);
  writeFileSync(join(directory, "8189"), "");
  await until(() => told[0] === "8189");
  writeFileSync(join(directory, "8190"), "");
  await until(() => told.length === 2);
  end();
});

test("without an inotify instance it is looked at all the same", async () => {
  const directory = folder();
  chmodSync(directory, 0o777);
  // Instances are counted for each user.
  const child = Bun.spawn(
    ["setpriv", "--reuid=65534", process.execPath, join(import.meta.dir, "blind-fixture.ts"), directory],
    { stderr: "inherit" },
  );
  expect(await child.stdout.text()).toBe("EMFILE\nblind 8188\nlater 8188 8189\n");
});
