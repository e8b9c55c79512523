import { expect, test } from "bun:test";
import { readUsage, readUsages } from "../../src/sys/process-usage.ts";

test("a process is read whatever its name is, and nothing of one that is not there", async () => {
  const child = Bun.spawn(["bash", "-c", "printf ') R 1 (' >/proc/self/comm; echo; read -r"], {
    stdin: "pipe",
    stdout: "pipe",
  });
  await child.stdout.getReader().read();
  const usage = readUsage(child.pid);
  expect(usage).toMatchObject({ pid: child.pid, ppid: process.pid });
  expect(usage?.residentBytes).toBeGreaterThan(1024 ** 2);
  expect(readUsages().get(child.pid)).toMatchObject({ ppid: process.pid });
  child.kill();
  await child.exited;
  expect(readUsage(child.pid)).toBeUndefined();
});
