import { expect, test } from "bun:test";
import { LineBatch } from "../../src/init/line-batch.ts";

function record() {
  const writes: [string, string][] = [];
  return { writes, batch: new LineBatch((name, lines) => writes.push([name, lines])) };
}

test("lines of one turn of the event loop are one write", async () => {
  const { writes, batch } = record();
  batch.add("boot", "one");
  batch.add("boot", "two");
  expect(writes).toEqual([]);
  await new Promise(setImmediate);
  batch.add("boot", "three");
  await new Promise(setImmediate);
  expect(writes).toEqual([
    ["boot", "one\ntwo"],
    ["boot", "three"],
  ]);
});

test("lines under two names keep their order", () => {
  const { writes, batch } = record();
  batch.add("boot", "one");
  batch.add("supervisor", "two");
  batch.add("boot", "three");
  batch.flush();
  expect(writes).toEqual([
    ["boot", "one"],
    ["supervisor", "two"],
    ["boot", "three"],
  ]);
});

test("a line that writing logs is written, too", async () => {
  const writes: string[] = [];
  const batch: LineBatch = new LineBatch((_, lines) => {
    writes.push(lines);
    if (lines === "one") batch.add("boot", "cannot write");
  });
  batch.add("boot", "one");
  batch.flush();
  await new Promise(setImmediate);
  expect(writes).toEqual(["one", "cannot write"]);
});
