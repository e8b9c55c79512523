import { expect, test } from "bun:test";
import { join } from "node:path";

const MEBIBYTE = 1024 ** 2;

/** The numbers for 10,000 of each kind look the same; these are as many as a test can wait for. */
test.each([
  ["http", 2],
  ["tcp", 1],
  ["exec", 1],
])(
  "%s: thousands of checks leave no memory behind",
  async (kind, thousands) => {
    const fixture = join(import.meta.dir, "../../fixtures/liveness-memory-fixture.ts");
    await using child = Bun.spawn([process.execPath, fixture, kind, String(thousands + 1)], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    });
    const { seen, failures, restarts } = await child.stdout.json();
    // What is allocated once is there after the first thousand.
    const growth = Math.min(...seen.slice(1)) - seen[0];
    expect({ growth, isSmall: growth < 3 * MEBIBYTE, failures, restarts }).toEqual({
      growth,
      isSmall: true,
      failures: 0,
      restarts: 0,
    });
  },
  240_000,
);
