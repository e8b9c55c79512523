import { expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Disks } from "../../../src/sys/machine/disks.ts";

test("disks: one for each file system, and none for what is not there", async () => {
  const folder = mkdtempSync(join(tmpdir(), "disks-"));
  const disks = await new Disks().look([folder, `${folder}/..`, "/proc/nothing"]);
  expect(disks.map(({ path }) => path)).toEqual([folder]);
  expect(disks[0]?.totalBytes).toBeGreaterThan(0);
});
