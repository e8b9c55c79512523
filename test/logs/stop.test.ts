import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "./_helpers.ts";
import { TestPipe } from "./_reader.ts";

const FIXTURE = join(import.meta.dir, "../fixtures/log-stop-fixture.ts");
const WORDS = "first words\nlast words\n";
/** More than the pipe and the queue take. */
const TOO_MUCH = 3_000_000;
/** What waits for so long is ended by the limit of the test. */
const FOR_EVER = 3600;
const LIMIT_MS = 60_000;

interface Stop {
  /** What the container's reader has yet to take. */
  bytes: number;
  /** What the stop may take. */
  seconds: number;
  /** How long a reader takes nothing until it counts as stalled. */
  stallSeconds?: number;
}

/** Stops a program while the container's reader reads as it is told. */
async function stop({ bytes, seconds, stallSeconds = 0.2 }: Stop, read: (pipe: TestPipe) => void) {
  using directory = temporaryDirectory();
  using pipe = new TestPipe();
  const command = [process.execPath, FIXTURE, directory.path, ...[bytes, seconds, stallSeconds].map(String)];
  const child = Bun.spawn(command, { stdout: pipe.write, stderr: "inherit" });
  const reading = setInterval(() => read(pipe), 20);
  expect(await child.exited).toBe(0);
  clearInterval(reading);
  while (pipe.take() > 0);
  return {
    file: readFileSync(join(directory.path, "a.log"), "utf8"),
    output: pipe.text,
  };
}

describe("a stop", () => {
  test(
    "is not held up when nothing waits",
    async () => {
      const patient = { seconds: FOR_EVER, stallSeconds: FOR_EVER };
      const { file, output } = await stop({ bytes: 10, ...patient }, () => undefined);
      expect(file).toBe(WORDS);
      expect(output).toBe(`x\nx\nx\nx\nx\n${WORDS}`);
    },
    LIMIT_MS,
  );

  test(
    "leaves the log file whole while the container's reader takes nothing, and gives it up once it counts as stalled",
    async () => {
      const { file, output } = await stop({ bytes: TOO_MUCH, seconds: FOR_EVER }, () => undefined);
      expect(file).toBe(WORDS);
      expect(output.length).toBeLessThan(TOO_MUCH);
    },
    LIMIT_MS,
  );

  test(
    "gives a slow reader the time there is",
    async () => {
      const patient = { seconds: FOR_EVER, stallSeconds: FOR_EVER };
      const { file, output } = await stop({ bytes: TOO_MUCH, ...patient }, (pipe) => pipe.take(32 * 1024));
      expect(file).toBe(WORDS);
      expect(output.length).toBe(TOO_MUCH + WORDS.length);
      expect(output.endsWith(`x\n${WORDS}`)).toBe(true);
    },
    LIMIT_MS,
  );

  test(
    "ends in time for a reader that is too slow",
    async () => {
      // It would need five minutes, and never counts as stalled.
      const bytes = 20 * TOO_MUCH;
      const { file, output } = await stop({ bytes, seconds: 6, stallSeconds: FOR_EVER }, (pipe) =>
        pipe.take(4096),
      );
      expect(file).toBe(WORDS);
      expect(output.length).toBeLessThan(bytes);
    },
    LIMIT_MS,
  );
});
