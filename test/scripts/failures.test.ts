import { expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dir, "../..");

test("the end of scripts/test shows what failed, and nothing else", async () => {
  const folder = mkdtempSync(join(tmpdir(), "failures-"));
  writeFileSync(
    join(folder, "some.test.ts"),
    `import { expect, test } from "bun:test";
    test("holds", () => console.log("talks"));
    test("differs", () => expect("this").toBe("that"));
    test("hangs", () => new Promise(() => {}), 50);
    test("left out", () => {});`,
  );
  const run = Bun.spawn(
    ["sh", "-c", `'${process.execPath}' test 2>&1 | awk -f '${ROOT}/scripts/lib/failures.awk'`],
    { cwd: folder },
  );
  const shown = await run.stdout.text();
  const failed = shown.split("\n").filter((line) => /^\S/.test(line));
  expect(failed.map((line) => line.replace(/ \[[\d.]+ms\]/, ""))).toEqual([
    "some.test.ts: (fail) differs",
    "some.test.ts: (fail) hangs",
  ]);
  expect(shown).toContain('    Received: "this"');
  expect(shown).toContain("this test timed out after 50ms");
  expect(shown).not.toContain("talks");
});
