import { expect, test } from "bun:test";
import { join } from "node:path";
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
    setTimeout(() => console.log("begins"), 50);`;
  await using child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
  const said = child.stdout.getReader();
  const line = async () => new TextDecoder().decode((await said.read()).value).trim();
  expect(await line()).toBe("begins");
  child.kill("SIGSTOP");
  await Bun.sleep(1500);
  child.kill("SIGCONT");
  // At most a tenth of its second has passed while it stood still.
  expect(Number(await line())).toBeGreaterThan(2350);
});
