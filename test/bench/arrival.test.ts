import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { arrival } from "../../bench/inside/arrival.ts";
import { percentWhole } from "../../bench/measures/files.ts";

const directory = mkdtempSync(join(tmpdir(), "ai-dock-bench-test-"));
afterAll(() => rmSync(directory, { recursive: true }));
const inside = resolve(import.meta.dir, "../../bench/inside");

function line(number: number): string {
  return `${String(number).padStart(8, "0")}${"x".repeat(91)}\n`;
}

async function arrivedOf(text: string) {
  const reader = join(directory, "reader");
  const compile = Bun.spawnSync(["gcc", "-O2", "-o", reader, join(inside, "reader.c")]);
  expect(compile.stderr.toString()).toBe("");
  const counts = join(directory, "counts");
  await Bun.spawn([reader, counts], { stdin: Buffer.from(text) }).exited;
  return arrival(counts);
}

test.if(Bun.which("gcc") !== null)("whole, torn, missing and repeated lines are counted", async () => {
  const torn = line(3).slice(0, 40);
  const text = [line(0), `p | ${line(1)}`, "[info] p has started\n", line(2), `${torn}\n`, line(4), line(4)];
  const arrived = await arrivedOf(text.join(""));
  expect(arrived).toMatchObject({ whole: 5, torn: 1, disordered: 2, bytes: text.join("").length });
  expect(arrived.last).toBeGreaterThan(0);
});

test("lines that come twice count against those that are whole", () => {
  const counts = { torn: 0, bytes: 0, last: 0 };
  expect([
    percentWhole({ ...counts, whole: 100, disordered: 0 }, 100),
    percentWhole({ ...counts, whole: 98, disordered: 1 }, 100),
    percentWhole({ ...counts, whole: 101, disordered: 0 }, 100),
  ]).toEqual([100, 97, 99]);
});
