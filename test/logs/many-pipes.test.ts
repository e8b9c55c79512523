import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "./_helpers.ts";

const PIPES = 2000;
/** A tenth of a second each. */
const ROUNDS = 600;

/** Checks one pipe's lines: every tenth round from the first on, none missing; how many there are. */
function roundsOf(directory: string, number: number): number {
  const lines = readFileSync(join(directory, `${number}.log`), "utf8").split("\n");
  expect(lines.pop()).toBe("");
  const wrong = lines.findIndex((line, index) => line !== `${number} in round ${(number % 10) + 10 * index}`);
  if (wrong !== -1) throw new Error(`Line ${wrong} of ${number}.log: ${lines[wrong]}`);
  return lines.length;
}

test("2,000 pipes at once, a line from each now and then for a minute: every byte arrives", async () => {
  using directory = temporaryDirectory();
  const fixture = join(import.meta.dir, "../fixtures/many-pipes-fixture.ts");
  const command = [process.execPath, fixture, "read", directory.path, String(PIPES), String(ROUNDS)];
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
  expect(await child.exited).toBe(0);
  const rounds = Array.from({ length: PIPES }, (_, number) => roundsOf(directory.path, number));
  expect([Math.min(...rounds), Math.max(...rounds)]).toEqual([ROUNDS / 10, ROUNDS / 10]);
}, 600_000);
