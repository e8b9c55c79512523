import { expect, test } from "bun:test";
import { childExit, signalGroup, spawnChild } from "../../src/sys/children.ts";
import { readProcess } from "../../src/sys/proc.ts";

const options = { env: { PATH: "/usr/bin:/bin" }, stderr: "ignore" } as const;

test.each([
  ["its group, the processes that it has started included", false],
  ["the process alone, as long as it is in the group of its parent", true],
])("signalGroup() reaches %s", async (_, attached) => {
  const script = 'sleep 77 & echo $!; wait "$!"';
  const child = spawnChild({ ...options, command: ["sh", "-c", script], stdout: "pipe", attached });
  const { value } = await child.stdout.getReader().read();
  const below = Number(new TextDecoder().decode(value));
  expect(signalGroup(child.pid, "TERM")).toBe(true);
  await child.exited;
  expect(childExit(child)).toEqual({ code: null, signal: "TERM" });
  if (attached) process.kill(below, "SIGKILL");
  const isThere = () => readProcess(below)?.state.replace("Z", "");
  while (isThere()) await Bun.sleep(5);
});

test("signalGroup() says when nobody is there", async () => {
  const child = spawnChild({ ...options, command: ["true"], stdout: "ignore" });
  await child.exited;
  expect(signalGroup(child.pid, "TERM")).toBe(false);
});
