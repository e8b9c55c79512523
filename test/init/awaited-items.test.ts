import { expect, test } from "bun:test";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { AwaitedItems } from "../../src/init/awaited-items.ts";
import { writeState } from "../../src/provision/progress/file.ts";
import { specOf } from "../supervisor/spec-fixture.ts";

const item = (name: string, state: "running" | "done" | "failed") => ({
  name,
  state,
  kind: "download",
  label: name,
  optional: false,
});

test("programs start as their items are done, after the programs they depend on, and not by an old state", async () => {
  const path = `${mkdtempSync(`${tmpdir()}/items-`)}/provisioning.json`;
  const write = (...items: ReturnType<typeof item>[]) =>
    writeState({ at: 0, isRunning: true, sources: [], items }, path);
  write(item("x", "done"), item("y", "done"));
  const started: string[] = [];
  const wait = async (count: number) => {
    while (started.length < count) await Bun.sleep(10);
  };
  const items = new AwaitedItems(
    [
      specOf("a", { dependsOn: ["provisioning:x"] }),
      specOf("b", { dependsOn: ["provisioning:y", "a"] }),
      specOf("c", { dependsOn: ["provisioning:z"] }),
    ],
    ({ name }) => started.push(name),
    path,
  );
  expect(existsSync(path)).toBe(false);
  write(item("x", "running"), item("y", "done"), item("z", "running"));
  write(item("x", "done"), item("y", "done"), item("z", "failed"));
  await wait(2);
  expect(started).toEqual(["a", "b"]);
  expect(items.end()).toEqual([
    'c: depends_on: item "z" of the provisioning has failed; the program starts all the same',
  ]);
});
