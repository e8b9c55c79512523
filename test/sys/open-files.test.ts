import { expect, test } from "bun:test";
import { join } from "node:path";

const fixture = join(import.meta.dir, "open-files-fixture.ts");

test.each([
  ["few", 0],
  // So many that the child cannot be started below the soft limit.
  ["many", 700],
])(
  "with %s files open a child gets the soft and hard limit that we were given; ours is the hard one",
  async (_, open) => {
    await using child = Bun.spawn([process.execPath, fixture, "600", "1200", String(open)], {
      stdout: "pipe",
    });
    expect(await child.stdout.json()).toEqual({ child: [600, 1200], own: [1200, 1200] });
  },
);

test("a process without a higher hard limit has nothing to hand down", async () => {
  await using child = Bun.spawn([process.execPath, fixture, "600", "600", "0"], { stdout: "pipe" });
  expect(await child.stdout.json()).toEqual({ child: [600, 600], own: [600, 600] });
});
