import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A guard against a hang; a run takes a few seconds. */
const LIMIT_MILLISECONDS = 240_000;

interface Outcome {
  violations: string[];
  starts: number;
  history: string[];
}

async function run(seed: number): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "random-"));
  try {
    await using child = Bun.spawn(
      [process.execPath, join(import.meta.dir, "random-fixture.ts"), String(seed), folder],
      { stdin: "ignore", stdout: "pipe", stderr: "pipe" },
    );
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    if (stdout === "") throw new Error(`seed ${seed}: ${stderr}`);
    return JSON.parse(stdout) as Outcome;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const fresh = Number(process.env["AI_DOCK_TEST_SEED"] ?? Date.now() % 1_000_000);

test.each([1, fresh])(
  "requests, signals and ends in random order leave one truth (seed %d)",
  async (seed) => {
    const { violations, starts, history } = await run(seed);
    expect({ violations, history: violations.length > 0 ? history : [] }).toEqual({
      violations: [],
      history: [],
    });
    expect(starts).toBeGreaterThan(100);
  },
  LIMIT_MILLISECONDS,
);
