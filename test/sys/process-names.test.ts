import { expect, test } from "bun:test";
import { namedProcesses } from "../../src/sys/process-names.ts";

test("processes have their name and parent, whatever the name holds", async () => {
  const child = Bun.spawn(["bash", "-c", "printf '%s' 'a) S 1 (b' >/proc/self/comm; read -r"], {
    stdin: "pipe",
  });
  const find = () => namedProcesses().find(({ pid }) => pid === child.pid);
  while (find()?.name === "bash" || find() === undefined) await Bun.sleep(5);
  expect(find()).toEqual({ pid: child.pid, ppid: process.pid, name: "a) S 1 (b" });
  child.kill();
});
