import { expect, test } from "bun:test";
import { mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holdLock, isLockHeld } from "../../src/sys/lock.ts";

const path = join(mkdtempSync(join(tmpdir(), "lock-")), "lock");

test("work is marked as long as one of those who do it is there, however that one ends", async () => {
  expect(isLockHeld(path)).toBe(false);
  const first = holdLock(path);
  const second = holdLock(path);
  expect(isLockHeld(path)).toBe(true);
  first[Symbol.dispose]();
  expect(isLockHeld(path)).toBe(true);
  second[Symbol.dispose]();
  expect(isLockHeld(path)).toBe(false);
  const script = `import { holdLock } from "${import.meta.dir}/../../src/sys/lock.ts"; holdLock("${path}"); console.log("held"); await Bun.sleep(60_000);`;
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
  await child.stdout.getReader().read();
  expect(isLockHeld(path)).toBe(true);
  child.kill("SIGKILL");
  await child.exited;
  expect(isLockHeld(path)).toBe(false);
});

test("a link in its place is neither followed nor an error", () => {
  const link = `${path}.link`;
  symlinkSync("/etc/passwd", link);
  using _ = holdLock(link);
  expect(isLockHeld(link)).toBe(false);
});
