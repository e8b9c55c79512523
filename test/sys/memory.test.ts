import { expect, test } from "bun:test";
import { join } from "node:path";

test("a process that gives memory back has less than half of its file pages, and works as before", async () => {
  await using child = Bun.spawn([process.execPath, join(import.meta.dir, "memory-fixture.ts")], {
    stdout: "pipe",
  });
  const text = await child.stdout.text();
  expect(await child.exited).toBe(0);
  expect(JSON.parse(text)).toEqual({ same: true, child: "child\n" });
});
