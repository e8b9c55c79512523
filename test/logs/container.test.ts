import { afterEach, describe, expect, test } from "bun:test";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ContainerOutput } from "../../src/logs/write/container.ts";
import { OutputCounts } from "../../src/logs/write/output-counts.ts";
import { pumpWriter, temporaryDirectory, until } from "./_helpers.ts";
import { startClock, stoppedClock } from "../stopped-clock.ts";
import { TestPipe } from "./_reader.ts";

afterEach(startClock);

/** No reader of these tests counts as stalled, or is given up, for what a busy machine does. */
const PATIENT = 600_000;

const line = (number: number) => `${number} `.padEnd(99, "x");
const lines = (from: number, count: number) =>
  Buffer.from(Array.from({ length: count }, (_, index) => `${line(from + index)}\n`).join(""));

/** Resolves when what waits for room is asked to go on. */
async function roomIn(container: ContainerOutput): Promise<void> {
  if (container.hasRoom) return;
  await new Promise<void>((resume) => container.wait({ canRead: () => container.hasRoom, resume }));
}

/** Checks that the text is whole lines of the programs, each program's in order from 0, none missing. */
function expectComplete(text: string, names: string[], count: number): void {
  const next = new Map(names.map((name) => [name, 0]));
  for (const row of text.trimEnd().split("\n")) {
    const match = /^(\w+) \| \1 (\d+) \.*$/.exec(row);
    if (match === null) throw new Error(`Torn line: ${row.slice(0, 200)}`);
    const [, name = "", number] = match;
    if (Number(number) !== next.get(name)) throw new Error(`${name}: got ${number}, want ${next.get(name)}`);
    next.set(name, Number(number) + 1);
  }
  expect([...next.values()]).toEqual(names.map(() => count));
}

describe("ContainerOutput", () => {
  test("writes whole lines with the name of their program, at once", () => {
    using pipe = new TestPipe();
    const container = new ContainerOutput({ fd: pipe.write, format: "prefix" });
    const [a, b] = [container.open("a", "stdout"), container.open("b", "stdout")];
    a.write(Buffer.from("one\ntw"));
    b.write(Buffer.from("other\n"));
    a.write(Buffer.from("o\nthree"));
    a.end();
    container.line("boot", "done");
    pipe.take();
    expect(pipe.text).toBe("a | one\nb | other\na | two\na | three\nboot | done\n");
  });

  test("is lossless for a slow reader and holds the programs back", async () => {
    using pipe = new TestPipe();
    const container = new ContainerOutput({ fd: pipe.write, format: "prefix", stallMs: PATIENT });
    const names = ["a", "b", "c", "d"];
    let running = true;
    const written = Promise.all(names.map((name) => pumpWriter([name, 10_000, 200], { container })))
      .then(() => container.flush(PATIENT))
      .finally(() => (running = false));
    await pipe.takeUntil(() => !running, 64 * 1024);
    await written;
    expectComplete(pipe.text, names, 10_000);
  });

  test("keeps little in memory while the reader is slow", async () => {
    using pipe = new TestPipe();
    const container = new ContainerOutput({
      fd: pipe.write,
      format: "plain",
      queueBytes: 100_000,
      stallMs: PATIENT,
    });
    const stream = container.open("a", "stdout");
    const block = lines(0, 1000);
    let accepted = 0;
    while (container.hasRoom) {
      stream.write(block);
      accepted += block.byteLength;
    }
    // What the pipe holds, the queue, and the block that is over its limit.
    expect(accepted).toBeLessThan(1024 * 1024 + 100_000 + 2 * block.byteLength);
    await pipe.takeUntil(() => pipe.text.length >= accepted);
    expect(pipe.text).toHaveLength(accepted);
  });

  test("without a file, skips for a stalled reader, and says how much once it reads again", async () => {
    using pipe = new TestPipe();
    const container = new ContainerOutput({
      fd: pipe.write,
      format: "prefix",
      stallMs: 50,
      queueBytes: 10_000,
    });
    const counts = new OutputCounts();
    await pumpWriter(["a", 40_000, 100], { container, counts });
    // What waited for that reader would run into the limit of the test.
    await container.flush(PATIENT);
    await pipe.takeUntil(() => pipe.text.includes("ai-dock | skipped"));
    container.line("b", "after");
    await pipe.takeUntil(() => pipe.text.includes("b | after"));
    const rows = pipe.text.trimEnd().split("\n");
    const [, skipped] =
      /^ai-dock \| skipped (\d+) bytes of container output: the reader stalled$/.exec(rows.at(-2) ?? "") ??
      [];
    const kept = rows.slice(0, -2);
    expect(kept.every((row, index) => row === `a | ${`a ${index} `.padEnd(100, ".")}`)).toBe(true);
    expect(kept.length * 101 + Number(skipped)).toBe(40_000 * 101);
    expect(counts).toMatchObject({ written: 40_000 * 101, skipped: Number(skipped) });
  });

  test("a reader that takes a little now and then does not count as stalled", async () => {
    using pipe = new TestPipe();
    using clock = stoppedClock();
    const container = new ContainerOutput({
      fd: pipe.write,
      format: "plain",
      stallMs: 500,
      queueBytes: 300_000,
    });
    const stream = container.open("a", "stdout");
    let written = 0;
    const over = new AbortController();
    const writing = (async () => {
      for (; !over.signal.aborted; written += 100) {
        await roomIn(container);
        stream.write(lines(written, 100));
      }
    })();
    // Two seconds.
    for (let round = 0; round < 100; round++) {
      pipe.take(8192);
      await clock.runUntil(Bun.sleep(20));
    }
    over.abort();
    await clock.runUntil(pipe.takeUntil(() => written > 0 && pipe.text.endsWith(`${line(written - 1)}\n`)));
    await clock.runUntil(writing);
    expect(pipe.text).toBe(lines(0, written).toString());
    expect(written).toBeLessThan(80_000);
  });

  test("goes on when the reader is gone, and finds a new one", async () => {
    using pipe = new TestPipe();
    const container = new ContainerOutput({ fd: pipe.write, format: "prefix", goneRetryMs: 20 });
    pipe.closeReader();
    await pumpWriter(["a", 1000, 100], { container });
    await container.flush(PATIENT);
    pipe.openReader();
    await until(() => {
      container.line("b", "hello");
      return pipe.take() > 0;
    });
    await pipe.takeUntil(() => pipe.text.includes("b | hello"));
    expect(pipe.text).toMatch(/^ai-dock \| skipped \d+ bytes of container output: the reader stalled\n/m);
    pipe.closeReader();
    container.line("c", "kept");
    container.line("c", "lost");
    pipe.openReader();
    await until(() => {
      container.line("c", "back");
      return pipe.take() > 0;
    });
    const again = /c \| kept\nai-dock \| skipped (\d+) bytes/.exec(pipe.text);
    expect(Number(again?.[1]) % "back\n".length).toBe(0);
    expect(Number(again?.[1])).toBeLessThan(1000);
  });

  test("never blocks the process, whatever the descriptor is", async () => {
    using pipe = new TestPipe();
    const container = new ContainerOutput({ fd: pipe.write, format: "plain", stallMs: 50 });
    const before = performance.now();
    for (let count = 0; count < 200; count++) container.line("a", "x".repeat(50_000));
    expect(performance.now() - before).toBeLessThan(20_000);
    await container.flush(PATIENT);
  });

  test("flush() waits for what waits for room, too", async () => {
    using pipe = new TestPipe();
    const container = new ContainerOutput({
      fd: pipe.write,
      format: "plain",
      queueBytes: 10_000,
      stallMs: PATIENT,
    });
    const stream = container.open("a", "stdout");
    stream.write(lines(0, 12_000));
    const resume = () => stream.write(lines(12_000, 20_000));
    container.wait({ canRead: () => container.hasRoom, resume });
    let flushed = false;
    void container.flush(PATIENT).then(() => (flushed = true));
    await pipe.takeUntil(() => flushed);
    expect(pipe.text === lines(0, 32_000).toString()).toBe(true);
  });

  test("without holding back, a reader gets all that came meanwhile", async () => {
    using pipe = new TestPipe();
    const container = new ContainerOutput({
      fd: pipe.write,
      format: "plain",
      queueBytes: 10_000,
      stallMs: PATIENT,
    });
    const stream = container.open("a", "stdout");
    stream.write(lines(0, 12_000));
    expect(container.hasRoom).toBe(false);
    const waiting = roomIn(container);
    container.holdsBack = false;
    await waiting;
    stream.write(lines(12_000, 24_000));
    expect(container.hasRoom).toBe(true);
    container.holdsBack = true;
    expect(container.hasRoom).toBe(false);
    await pipe.takeUntil(() => pipe.text.length === 36_000 * 100);
    expect(pipe.text === lines(0, 36_000).toString()).toBe(true);
  });

  test("flush() gives up after its time", async () => {
    using pipe = new TestPipe();
    const container = new ContainerOutput({
      fd: pipe.write,
      format: "plain",
      stallMs: PATIENT,
      queueBytes: 10_000,
    });
    container.open("a", "stdout").write(Buffer.alloc(2_000_000, "x\n"));
    await container.flush(50);
    // It has not been written.
    expect(container.hasRoom).toBe(false);
  });

  test("writes to a file as it is", async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "out");
    const fd = openSync(path, "w");
    const container = new ContainerOutput({ fd, format: "json" });
    container.line("a", "text");
    await container.flush(1000);
    closeSync(fd);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({
      name: "a",
      stream: "stdout",
      line: "text",
    });
  });

  const fixture = [process.execPath, join(import.meta.dir, "../fixtures/log-container-fixture.ts"), "20000"];
  const expected = Array.from({ length: 20_000 }, (_, number) => `a | line ${number}\n`).join("");

  test("is lossless on a socket", async () => {
    // What Bun calls a pipe is a socket.
    const child = Bun.spawn(fixture, { stdout: "pipe", stderr: "inherit" });
    const [text, exitCode] = await Promise.all([child.stdout.text(), child.exited]);
    expect(text).toBe(expected);
    expect(exitCode).toBe(0);
  });

  test("is lossless on a terminal", async () => {
    const child = Bun.spawn(["script", "-qec", fixture.join(" "), "/dev/null"], { stdout: "pipe" });
    const [text, exitCode] = await Promise.all([child.stdout.text(), child.exited]);
    expect(text.replaceAll("\r\n", "\n")).toBe(expected);
    expect(exitCode).toBe(0);
  });

  test("is lossless on a pipe that cannot be opened anew", async () => {
    // The pipe is root's, the writer is not.
    const command = `${["setpriv", "--reuid=65534", "--clear-groups", ...fixture].join(" ")} | (sleep 0.1; cat)`;
    const child = Bun.spawn(["bash", "-c", `set -o pipefail; ${command}`], {
      stdout: "pipe",
      stderr: "inherit",
    });
    const [text, exitCode] = await Promise.all([child.stdout.text(), child.exited]);
    expect(text).toBe(expected);
    expect(exitCode).toBe(0);
  });
});
