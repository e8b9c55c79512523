import { expect, test } from "bun:test";
import { linkSync, mkdtempSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shareTimingData } from "../../../src/features/account/timing-data.ts";

const folder = () => mkdtempSync(join(tmpdir(), "timing-"));

test.skipIf(process.getuid?.() !== 0)(
  "the file is the account's and the group's, and keeps what is in it",
  () => {
    const path = join(folder(), "timing_data");
    shareTimingData(1000, path);
    writeFileSync(path, "one\n");
    shareTimingData(1001, path);
    const { uid, gid, mode } = statSync(path);
    expect([uid, gid, mode & 0o777]).toEqual([1001, 1111, 0o664]);
    expect(readFileSync(path, "utf8")).toBe("one\n");
  },
);

test.skipIf(process.getuid?.() !== 0)("no link makes another file the account's", () => {
  const place = folder();
  const target = join(place, "shadow");
  writeFileSync(target, "");
  symlinkSync(target, join(place, "soft"));
  linkSync(target, join(place, "hard"));
  expect(() => shareTimingData(1000, join(place, "soft"))).toThrow();
  shareTimingData(1000, join(place, "hard"));
  expect(statSync(target).uid).toBe(0);
});
