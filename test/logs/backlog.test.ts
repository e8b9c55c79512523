import { describe, expect, test } from "bun:test";
import { existsSync, renameSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ContainerOutput } from "../../src/logs/write/container.ts";
import { LogFile } from "../../src/logs/write/log-file.ts";
import {
  mount,
  pumpWriter,
  readGenerations,
  smallDisk,
  temporaryDirectory,
  unmount,
  until,
} from "./_helpers.ts";
import { TestPipe } from "./_reader.ts";

const LINE_BYTES = 101;

/** What the writer fixture writes. */
function linesOf(name: string, count: number): string {
  return Array.from({ length: count }, (_, number) => `${`${name} ${number} `.padEnd(100, ".")}\n`).join("");
}

/** The same in the container's output. */
const shown = (name: string, count: number) =>
  Array.from({ length: count }, (_, number) => `a | ${`${name} ${number} `.padEnd(100, ".")}\n`).join("");

function setUp(directory: string, { maxBytes = 0, backups = 0, stallMs = 600_000 } = {}) {
  const path = join(directory, "a.log");
  const pipe = new TestPipe();
  return {
    path,
    pipe,
    file: new LogFile({ path, maxBytes, backups, warn() {}, checkMs: 1 }),
    container: new ContainerOutput({ fd: pipe.write, format: "prefix", stallMs, queueBytes: 10_000 }),
    [Symbol.dispose]: () => pipe[Symbol.dispose](),
  };
}

describe("a slow reader of the container's output", () => {
  test("does not hold a program back, and gets every line in order from all generations", async () => {
    using directory = temporaryDirectory();
    using setting = setUp(directory.path, { maxBytes: 1_000_000, backups: 20 });
    const { container, file, path, pipe } = setting;
    // Nobody reads meanwhile.
    await pumpWriter(["a", 100_000, 100], { container, file });
    expect(readGenerations(path, 20) === linesOf("a", 100_000)).toBe(true);
    const flushed = container.flush(60_000).then(() => true);
    let isFlushed = false;
    void flushed.then(() => (isFlushed = true));
    await pipe.takeUntil(() => isFlushed, 64 * 1024);
    expect(pipe.text === shown("a", 100_000)).toBe(true);
  });

  test("holds a program once the oldest generation would be dropped that is not copied", async () => {
    using directory = temporaryDirectory();
    using setting = setUp(directory.path, { maxBytes: 1_000_000, backups: 2 });
    const { container, file, path, pipe } = setting;
    let isWritten = false;
    const written = pumpWriter(["a", 100_000, 100], { container, file }).then(() => (isWritten = true));
    await until(() => file.isHeld);
    expect(statSync(path).size + statSync(`${path}.1`).size).toBeGreaterThan(2_000_000);
    expect(existsSync(`${path}.3`)).toBe(false);
    expect(isWritten).toBe(false);
    await pipe.takeUntil(() => isWritten, 64 * 1024);
    await written;
    await pipe.takeUntil(() => pipe.text.length >= 100_000 * (LINE_BYTES + 4));
    expect(pipe.text === shown("a", 100_000)).toBe(true);
    expect(linesOf("a", 100_000).endsWith(readGenerations(path, 2))).toBe(true);
  });

  test("holds a program whose full file would be emptied", async () => {
    using directory = temporaryDirectory();
    using setting = setUp(directory.path, { maxBytes: 1_000_000, backups: 0 });
    const { container, file, pipe } = setting;
    let isWritten = false;
    void pumpWriter(["a", 50_000, 100], { container, file }).then(() => (isWritten = true));
    await until(() => file.isHeld);
    await pipe.takeUntil(() => isWritten && pipe.text.length >= 50_000 * (LINE_BYTES + 4));
    expect(pipe.text === shown("a", 50_000)).toBe(true);
  });

  test("gets every line of a file that cannot be renamed", async () => {
    using directory = temporaryDirectory();
    using setting = setUp(directory.path, { maxBytes: 1_000_000, backups: 2 });
    const { container, file, path, pipe } = setting;
    writeFileSync(path, "");
    mount(["--bind", path, path]);
    try {
      let isWritten = false;
      void pumpWriter(["a", 50_000, 100], { container, file }).then(() => (isWritten = true));
      await until(() => file.isHeld);
      await pipe.takeUntil(() => isWritten && pipe.text.length >= 50_000 * (LINE_BYTES + 4));
      expect(pipe.text === shown("a", 50_000)).toBe(true);
    } finally {
      unmount(path);
    }
  });

  test("gets the lines of one process before those of the next", async () => {
    using directory = temporaryDirectory();
    using setting = setUp(directory.path);
    const { container, file, pipe } = setting;
    await pumpWriter(["a", 30_000, 100], { container, file });
    await pumpWriter(["a", 30_000, 100], { container, file });
    await pipe.takeUntil(() => pipe.text.length >= 60_000 * (LINE_BYTES + 4));
    expect(pipe.text === shown("a", 30_000) + shown("a", 30_000)).toBe(true);
  });

  test("gets the lines of programs that share a file, each program's in order", async () => {
    using directory = temporaryDirectory();
    using setting = setUp(directory.path);
    const { container, file, pipe } = setting;
    const names = ["a", "b", "c"];
    await Promise.all(names.map((name) => pumpWriter([name, 20_000, 100], { container, file })));
    await pipe.takeUntil(() => pipe.text.length >= 60_000 * (LINE_BYTES + 4));
    for (const name of names) {
      const own = pipe.text.split("\n").filter((line) => line.startsWith(`${name} | `));
      expect(own.map((line) => `${line.slice(4)}\n`).join("") === linesOf(name, 20_000)).toBe(true);
    }
  });

  test("gets what a full disk has not taken", async () => {
    using disk = smallDisk(2_000_000);
    using setting = setUp(disk.path);
    const { container, file, pipe } = setting;
    let isWritten = false;
    void pumpWriter(["a", 60_000, 100], { container, file }).then(() => (isWritten = true));
    await until(() => !file.canBuffer);
    await pipe.takeUntil(() => isWritten && pipe.text.length >= 60_000 * (LINE_BYTES + 4));
    expect(pipe.text === shown("a", 60_000)).toBe(true);
  });

  test("gets what logrotate has moved away", async () => {
    using directory = temporaryDirectory();
    using setting = setUp(directory.path);
    const { container, file, path, pipe } = setting;
    await pumpWriter(["a", 30_000, 100], { container, file });
    renameSync(path, `${path}.old`);
    file.reopen();
    await pumpWriter(["a", 30_000, 100], { container, file });
    expect(statSync(path).size).toBe(30_000 * LINE_BYTES);
    await pipe.takeUntil(() => pipe.text.length >= 60_000 * (LINE_BYTES + 4));
    expect(pipe.text === shown("a", 30_000) + shown("a", 30_000)).toBe(true);
  });

  test.each([
    ["by us", (file: LogFile) => file.clear()],
    ["by others", (file: LogFile) => truncateSync(file.path, 0)],
  ])("is told how much is lost of a file that was emptied %s", async (_, empty) => {
    using directory = temporaryDirectory();
    using setting = setUp(directory.path);
    const { container, file, pipe } = setting;
    await pumpWriter(["a", 30_000, 100], { container, file });
    empty(file);
    await pumpWriter(["a", 10, 100], { container, file });
    await pipe.takeUntil(() => /a 9 \.*\n$/.test(pipe.text) && pipe.text.includes("ai-dock | skipped"));
    const [before = "", after = ""] = pipe.text.split(/^ai-dock \| .*\n/m);
    const [, skipped] =
      /ai-dock \| skipped (\d+) bytes of a, which its log file has lost/.exec(pipe.text) ?? [];
    const count = before.length / (LINE_BYTES + 4);
    expect(before === shown("a", count)).toBe(true);
    // The rest of the line that was being copied at that moment is lost, and the first line after that with it.
    const kept = after.split("\n").length - 1;
    expect(count * LINE_BYTES + Number(skipped) + kept * LINE_BYTES).toBe(30_010 * LINE_BYTES);
    expect(shown("a", 10).endsWith(after)).toBe(true);
  });

  test("that stalls gets what the generations keep, and is told how much they do not", async () => {
    using directory = temporaryDirectory();
    using setting = setUp(directory.path, { maxBytes: 1_000_000, backups: 2, stallMs: 50 });
    const { container, file, pipe } = setting;
    await pumpWriter(["a", 100_000, 100], { container, file });
    await pipe.takeUntil(() => /^a \| a 99999 \.*\n$/m.test(pipe.text));
    const [before = "", after = ""] = pipe.text.split(/^ai-dock \| .*\n/m);
    const [, skipped] = /ai-dock \| skipped (\d+) bytes of a,/.exec(pipe.text) ?? [];
    expect(before === shown("a", before.length / (LINE_BYTES + 4))).toBe(true);
    expect(shown("a", 100_000).endsWith(after)).toBe(true);
    const lines = before.split("\n").length + after.split("\n").length - 2;
    expect(lines * LINE_BYTES + Number(skipped)).toBe(100_000 * LINE_BYTES);
    expect(after.length).toBeGreaterThan(2_000_000);
  });

  test("does not make a stop wait for ever, and what is given up is counted", async () => {
    using directory = temporaryDirectory();
    using setting = setUp(directory.path);
    const { container, file } = setting;
    await pumpWriter(["a", 100_000, 100], { container, file });
    await container.flush(10);
    const given = container.giveUp();
    expect(given).toBeGreaterThan(8_000_000);
    expect(given).toBeLessThan(100_000 * LINE_BYTES);
    expect(container.giveUp()).toBe(0);
  });
});
