import { describe, expect, test } from "bun:test";
import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allocateFile } from "../../src/sys/allocate.ts";

const MEBIBYTE = 2 ** 20;
const TMPFS = 0x0102_1994;

function sizesOn(directory: string, ...sizes: number[]) {
  const folder = mkdtempSync(join(directory, "allocate-"));
  const fd = openSync(join(folder, "file"), "wx+");
  try {
    return sizes.map((bytes) => {
      allocateFile(fd, bytes);
      const { size, blocks } = fstatSync(fd);
      return { size, isTaken: blocks * 512 >= bytes && bytes > 0 };
    });
  } finally {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  }
}

describe("allocateFile()", () => {
  test.skipIf(statfsSync(tmpdir()).type === TMPFS)(
    "takes the blocks of a file on a disk, and gives them back",
    () => {
      expect(sizesOn(tmpdir(), MEBIBYTE + 5, 10, 0)).toEqual([
        { size: MEBIBYTE + 5, isTaken: true },
        { size: 10, isTaken: true },
        { size: 0, isTaken: false },
      ]);
    },
  );

  test.skipIf(statfsSync("/dev/shm").type !== TMPFS)("takes no memory ahead on tmpfs", () => {
    expect(sizesOn("/dev/shm", MEBIBYTE)).toEqual([{ size: MEBIBYTE, isTaken: false }]);
  });
});
