import { expect, test } from "bun:test";
import { join } from "node:path";

const fixture = [process.execPath, join(import.meta.dir, "../fixtures/doorbell-fixture.ts")];
const asNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
const text = "one\ntwo\nthree\n";

async function run(command: string[]): Promise<unknown> {
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
  const [output, code] = await Promise.all([child.stdout.text(), child.exited]);
  expect(code).toBe(0);
  return JSON.parse(output);
}

test("one thread waits for all pipes, whoever else sends SIGIO", async () => {
  expect(await run(fixture)).toEqual({ text, more: 1 });
});

test("where no thread can be started, pipes are read all the same", async () => {
  expect(await run([...asNobody, ...fixture, "alone"])).toEqual({ text, more: 0 });
});
