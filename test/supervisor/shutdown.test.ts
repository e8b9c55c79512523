import { expect, test } from "bun:test";
import { join } from "node:path";
import type { ProgramSpec } from "../../src/programs/spec.ts";

interface Outcome {
  /** Names in the order in which the programs were down. */
  ended: string[];
  /** Signal or exit code, by name. */
  ends: Record<string, string | number | null>;
  /** How many processes. */
  left: number;
}

async function shutDown(
  specs: (Partial<ProgramSpec> & { name: string })[],
  seconds: number,
  how: "hurry" | "exhausted" | "" = "",
): Promise<Outcome> {
  const argv = [JSON.stringify(specs), String(seconds), how];
  const limit = how === "exhausted" ? ["prlimit", "--nofile=256"] : [];
  await using child = Bun.spawn(
    [...limit, process.execPath, join(import.meta.dir, "shutdown-fixture.ts"), ...argv],
    {
      stdout: "pipe",
      stderr: "pipe",
    },
  );
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as Outcome;
}

const obedient = ["/bin/bash", "-c", "echo up; exec sleep 1000"];
const deaf = ["/bin/bash", "-c", "trap '' TERM; echo up; while :; do sleep 0.02; done"];
/** Far more than anything here takes: whatever needs it would run into the limit of the test. */
const PLENTY = 1000;

test("programs stop by priority backwards, dependents first whatever theirs is, and nothing is left", async () => {
  const { ended, ends, left } = await shutDown(
    [
      { name: "first", command: obedient, priority: 1 },
      { name: "second", command: obedient, priority: 2 },
      { name: "needs", command: obedient, priority: 1, dependsOn: ["second"] },
    ],
    PLENTY,
  );
  expect(ended).toEqual(["needs", "second", "first"]);
  expect(ends).toEqual({ first: "TERM", second: "TERM", needs: "TERM" });
  expect(left).toBe(0);
});

test("what does not obey is killed at the end, and holds up the others for half of the time only", async () => {
  const { ends, left } = await shutDown(
    [
      { name: "deaf", command: deaf, priority: 2, stopwaitsecs: PLENTY },
      { name: "other", command: obedient, priority: 1 },
    ],
    6,
  );
  expect(ends).toEqual({ deaf: "KILL", other: "TERM" });
  expect(left).toBe(0);
});

test("hurry goes straight to SIGKILL", async () => {
  const { ends, left } = await shutDown(
    [{ name: "deaf", command: deaf, stopwaitsecs: PLENTY }],
    PLENTY,
    "hurry",
  );
  expect(ends).toEqual({ deaf: "KILL" });
  expect(left).toBe(0);
});

test("what is still being prepared does not start any more, not even before its turn to stop", async () => {
  const slow = ["/bin/bash", "-c", "trap 'sleep 0.5; exit 0' TERM; echo up; while :; do sleep 0.02; done"];
  const { ends, left } = await shutDown(
    [
      { name: "slow", command: slow, priority: 2 },
      { name: "late", command: obedient, priority: 1 },
    ],
    PLENTY,
  );
  expect(ends).toEqual({ slow: 0, late: null });
  expect(left).toBe(0);
});

test("without a free file descriptor programs stop in order all the same, and nothing is left", async () => {
  const { ended, ends, left } = await shutDown(
    [
      { name: "first", command: obedient, priority: 1 },
      { name: "second", command: obedient, priority: 2 },
    ],
    8,
    "exhausted",
  );
  expect(ended).toEqual(["second", "first"]);
  expect(ends).toEqual({ first: "TERM", second: "TERM" });
  expect(left).toBe(0);
});
