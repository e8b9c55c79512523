import { expect, test } from "bun:test";
import { join } from "node:path";
import { readProcess } from "../../../src/sys/proc.ts";
import { afterOwnTime, ownTime } from "../../../src/supervisor/liveness/own-time.ts";

test("the time is over when it has passed, and not when it was cancelled", async () => {
  const started = performance.now();
  let isDue = false;
  const cancel = afterOwnTime(0.1, 4, () => (isDue = true));
  await ownTime(0.05, 2, new AbortController().signal);
  expect(performance.now() - started).toBeGreaterThan(48);
  cancel();
  await Bun.sleep(100);
  expect(isDue).toBeFalse();
  await ownTime(1000, 4, AbortSignal.abort());
});

test("a process that stands still does not grow older", async () => {
  const module = join(import.meta.dir, "../../../src/supervisor/liveness/own-time.ts");
  const script = `
    import { afterOwnTime } from ${JSON.stringify(module)};
    const started = performance.now();
    afterOwnTime(1, 10, () => console.log(performance.now() - started));
    setTimeout(() => process.kill(process.pid, "SIGSTOP"), 50);`;
  await using child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
  while (readProcess(child.pid)?.state !== "T") await Bun.sleep(5);
  await Bun.sleep(1500);
  child.kill("SIGCONT");
  // At most a tenth of its second has passed while it stood still.
  expect(Number(await child.stdout.text())).toBeGreaterThan(2350);
});
