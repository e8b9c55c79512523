import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "./_helpers.ts";
import { TestPipe } from "./_reader.ts";

const FIXTURE = join(import.meta.dir, "../fixtures/log-stop-fixture.ts");
const WORDS = "first words\nlast words\n";
/** More than the pipe and the queue take. */
const TOO_MUCH = 3_000_000;

/** Stops a program while the container's reader has yet to take so much, and reads as it is told. */
async function stop({ bytes, seconds }: { bytes: number; seconds: number }, read: (pipe: TestPipe) => void) {
  using directory = temporaryDirectory();
  using pipe = new TestPipe();
  const command = [process.execPath, FIXTURE, directory.path, String(bytes), String(seconds)];
  const child = Bun.spawn(command, { stdout: pipe.write, stderr: "pipe" });
  const reading = setInterval(() => read(pipe), 20);
  const [milliseconds] = await Promise.all([child.stderr.text(), child.exited]);
  clearInterval(reading);
  while (pipe.take() > 0);
  return {
    milliseconds: Number(milliseconds),
    file: readFileSync(join(directory.path, "a.log"), "utf8"),
    output: pipe.text,
  };
}

describe("a stop", () => {
  // Again on a machine that is busy: to find what is left to be ended takes its time there.
  test(
    "is not held up when nothing waits",
    async () => {
      const { milliseconds, file, output } = await stop({ bytes: 10, seconds: 9 }, () => undefined);
      expect(file).toBe(WORDS);
      expect(output).toBe(`x\nx\nx\nx\nx\n${WORDS}`);
      expect(milliseconds).toBeLessThan(500);
    },
    { retry: 5 },
  );

  test("leaves the log file whole while the container's reader takes nothing", async () => {
    const { milliseconds, file } = await stop({ bytes: TOO_MUCH, seconds: 9 }, () => undefined);
    expect(file).toBe(WORDS);
    // After two seconds the reader counts as stalled.
    expect(milliseconds).toBeLessThan(3000);
  });

  test("gives a slow reader the time there is", async () => {
    const { file, output } = await stop({ bytes: TOO_MUCH, seconds: 9 }, (pipe) => pipe.take(32 * 1024));
    expect(file).toBe(WORDS);
    expect(output.length).toBe(TOO_MUCH + WORDS.length);
    expect(output.endsWith(`x\n${WORDS}`)).toBe(true);
  });

  test("ends in time for a reader that is too slow", async () => {
    const { milliseconds, file } = await stop({ bytes: TOO_MUCH, seconds: 2 }, (pipe) => pipe.take(4096));
    expect(file).toBe(WORDS);
    expect(milliseconds).toBeLessThan(2000);
  });
});
