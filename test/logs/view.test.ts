import { describe, expect, test } from "bun:test";
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { LogFile } from "../../src/logs/write/log-file.ts";
import { type ViewOptions, viewLogs } from "../../src/logs/read/view.ts";
import { pumpWriter, temporaryDirectory, until } from "./_helpers.ts";

/** A view of a directory's logs whose output is kept as text. */
function view(directory: string, options: Partial<ViewOptions> = {}) {
  const end = new AbortController();
  const shown = { text: "" };
  const done = viewLogs({
    directory,
    names: [],
    lines: 10,
    follow: false,
    format: "prefix",
    decorate: (name) => name,
    // Lines that are not finished have tests of their own.
    unfinishedMs: 600_000,
    write: (bytes) => void (shown.text += Buffer.from(bytes).toString("latin1")),
    signal: end.signal,
    ...options,
  });
  return {
    shown,
    done,
    lines: () => shown.text.split("\n").slice(0, -1),
    stop: async () => {
      end.abort();
      await done;
    },
  };
}

async function textOf(directory: string, options: Partial<ViewOptions> = {}): Promise<string> {
  const { shown, done } = view(directory, options);
  await done;
  return shown.text;
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
const numbered = (from: number, to: number) =>
  numbers(from, to)
    .map((number) => `${number}\n`)
    .join("");

describe("viewLogs()", () => {
  test("shows the last lines of each log under its name", async () => {
    using directory = temporaryDirectory();
    const write = (name: string, text: string) => writeFileSync(join(directory.path, name), text);
    write("a.log", "1\n2\n3\n");
    write("a.error.log", "oops\n");
    write("quicktunnel-x.log", "x\ny\nunfinished");
    write("notes.txt", "no log");
    mkdirSync(join(directory.path, "sub"));
    expect(await textOf(directory.path, { lines: 2 })).toBe(
      "a | 2\na | 3\na | oops\nquicktunnel-x | y\nquicktunnel-x | unfinished\n",
    );
    expect(await textOf(directory.path, { lines: 0 })).toBe("");
    expect(await textOf(directory.path, { names: ["a"], lines: 1, format: "plain" })).toBe("3\noops\n");
    expect(
      JSON.parse(await textOf(directory.path, { names: ["quicktunnel-x"], lines: 1, format: "json" })),
    ).toEqual({
      name: "quicktunnel-x",
      stream: "stdout",
      line: "unfinished",
    });
  });

  test.each([0, 1, 5, 99, 100, 101, 250, 300, 1000, Number.POSITIVE_INFINITY])(
    "finds the last %d lines across generations that cut lines",
    async (lines) => {
      using directory = temporaryDirectory();
      const path = join(directory.path, "a.log");
      const text = numbered(0, 300);
      writeFileSync(`${path}.2`, text.slice(0, 333));
      writeFileSync(`${path}.1`, text.slice(333, 777));
      writeFileSync(path, text.slice(777));
      const expected = numbered(Math.max(0, 300 - lines), 300);
      expect(await textOf(directory.path, { lines, format: "plain" })).toBe(expected);
    },
  );

  test("finds lines in files of many blocks", async () => {
    using directory = temporaryDirectory();
    writeFileSync(join(directory.path, "a.log"), numbered(0, 200_000));
    const shown = await textOf(directory.path, { lines: 150_000, format: "plain" });
    expect(shown === numbered(50_000, 200_000)).toBe(true);
    writeFileSync(join(directory.path, "a.log"), "x".repeat(200_000));
    expect(await textOf(directory.path, { lines: 1, format: "plain" })).toContain("x".repeat(60_000));
  });

  test("leaves out what is no regular file, and does without times that cannot be read", async () => {
    using directory = temporaryDirectory();
    const path = (name: string) => join(directory.path, name);
    mkdirSync(path("folder.log"));
    symlinkSync("loop.log", path("loop.log"));
    symlinkSync("/dev/zero", path("device.log"));
    Bun.spawnSync(["mkfifo", path("pipe.log")]);
    mkdirSync(path(".times"));
    for (const name of ["a.log", "b.log"]) {
      writeFileSync(path(name), "1\n");
      symlinkSync(name, path(`.times/${name}`));
    }
    expect(await textOf(directory.path)).toBe("a | 1\nb | 1\n");
    expect(await textOf(directory.path, { since: 1 })).toBe("a | 1\nb | 1\n");
    const failure = await view(directory.path, { names: ["folder"] }).done.catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "E_NO_SUCH_LOG" });
    const { shown, stop } = view(directory.path, { follow: true });
    await until(() => shown.text === "a | 1\nb | 1\n");
    rmSync(path("folder.log"), { recursive: true });
    rmSync(path("loop.log"));
    writeFileSync(path("folder.log"), "2\n");
    await until(() => shown.text.endsWith("folder | 2\n"));
    rmSync(path("folder.log"));
    symlinkSync("folder.log", path("folder.log"));
    appendFileSync(path("a.log"), "3\n");
    await until(() => shown.text.endsWith("a | 3\n"));
    await stop();
  });

  test("goes on after the directory was deleted and made again", async () => {
    using parent = temporaryDirectory();
    const directory = join(parent.path, "logs");
    mkdirSync(directory);
    writeFileSync(join(directory, "a.log"), "1\n");
    const { shown, stop } = view(directory, { follow: true });
    await until(() => shown.text === "a | 1\n");
    rmSync(directory, { recursive: true });
    mkdirSync(directory);
    writeFileSync(join(directory, "a.log"), "2\n");
    await until(() => shown.text.endsWith("a | 2\n"));
    appendFileSync(join(directory, "a.log"), "3\n");
    await until(() => shown.text.endsWith("a | 3\n"));
    renameSync(directory, `${directory}.old`);
    await Bun.sleep(300);
    mkdirSync(directory);
    writeFileSync(join(directory, "b.log"), "4\n");
    await until(() => shown.text.endsWith("b | 4\n"));
    await stop();
  });

  test("an unknown name is an error that lists the known ones", async () => {
    using directory = temporaryDirectory();
    for (const name of ["b.log", "a.log", "a.error.log"]) writeFileSync(join(directory.path, name), "");
    const failure = await view(directory.path, { names: ["a", "c"] }).done.catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: 'No such log: expected one of a, b, got "c"', exitCode: 1 });
    expect(await textOf(join(directory.path, "none"))).toBe("");
  });

  test("follows what is written, whole lines only", async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "a.log");
    writeFileSync(path, "1\n2\n3\n");
    const { shown, stop } = view(directory.path, { follow: true, lines: 1 });
    await until(() => shown.text === "a | 3\n");
    appendFileSync(path, "4\nhal");
    await until(() => shown.text.endsWith("a | 4\n"));
    appendFileSync(path, "f\n");
    await until(() => shown.text === "a | 3\na | 4\na | half\n");
    await stop();
  });

  test("sees logs that appear later, and waits for names and for the directory", async () => {
    using parent = temporaryDirectory();
    const directory = join(parent.path, "logs");
    const { shown, stop } = view(directory, { follow: true, names: ["b"] });
    mkdirSync(directory);
    writeFileSync(join(directory, "a.log"), "not asked for\n");
    writeFileSync(join(directory, "b.log"), "1\n");
    await until(() => shown.text === "b | 1\n");
    writeFileSync(join(directory, "b.error.log"), "2\n");
    await until(() => shown.text === "b | 1\nb | 2\n");
    await stop();
  });

  test("survives truncation, and deletion followed by a new file", async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "a.log");
    writeFileSync(`${path}.1`, "old\n");
    writeFileSync(path, "first\nunfinished");
    const { shown, stop } = view(directory.path, { follow: true, lines: 2 });
    await until(() => shown.text === "a | first\n");
    truncateSync(path, 0);
    await until(() => shown.text === "a | first\na | unfinished\n");
    appendFileSync(path, "second\n");
    await until(() => shown.text.endsWith("a | second\n"));
    unlinkSync(path);
    await Bun.sleep(20);
    writeFileSync(path, "third\n");
    await until(() => shown.text.endsWith("a | third\n"));
    expect(shown.text).not.toContain("old");
    await stop();
  });

  test("loses nothing when the log rotates faster than it reads", async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "a.log");
    const file = new LogFile({ path, maxBytes: 50, backups: 60, warn() {} });
    const { lines, shown, stop } = view(directory.path, { follow: true, names: ["a"] });
    let next = 0;
    for (let burst = 0; burst < 10; burst++) {
      const start = next;
      // Many rotations in one turn of the event loop: no look at the directory in between.
      for (; next < start + 300; next++) file.write(Buffer.from(`line ${next}\n`));
      await until(() => shown.text.endsWith(`a | line ${next - 1}\n`));
    }
    await stop();
    expect(lines()).toEqual(numbers(0, next).map((number) => `a | line ${number}`));
    expect(statSync(`${path}.50`).size).toBeGreaterThan(0);
  });

  test("reads every generation there is when its own is gone by now", async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "a.log");
    writeFileSync(`${path}.1`, "before\n");
    writeFileSync(path, "seen\n");
    const { shown, stop } = view(directory.path, { follow: true, lines: 1 });
    await until(() => shown.text === "a | seen\n");
    const file = new LogFile({ path, maxBytes: 5, backups: 3, warn() {} });
    for (let number = 1; number <= 9; number++) file.write(Buffer.from(`new ${number}\n`));
    file.write(Buffer.from("end\n"));
    await until(() => shown.text.endsWith("a | end\n"));
    expect(shown.text).toBe("a | seen\na | new 1\na | new 7\na | new 8\na | new 9\na | end\n");
    await stop();
  });

  test("follows real programs over many rotations", async () => {
    using directory = temporaryDirectory();
    const names = ["a", "b", "c"];
    const { lines, stop } = view(directory.path, { follow: true });
    await Promise.all(
      names.map((name) => {
        const path = join(directory.path, `${name}.log`);
        const file = new LogFile({ path, maxBytes: 20_000, backups: 100, warn() {} });
        return pumpWriter([name, 5000, 50], { file });
      }),
    );
    await until(() => lines().length === 15_000);
    for (const name of names) {
      const own = lines().filter((line) => line.startsWith(`${name} | `));
      expect(own).toEqual(
        numbers(0, 5000).map((number) => `${name} | ${`${name} ${number} `.padEnd(50, ".")}`),
      );
    }
    await stop();
  });

  test("follows another process that rotates all the time", async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "a.log");
    const { lines, shown, stop } = view(directory.path, { follow: true, lines: Number.POSITIVE_INFINITY });
    const fixture = join(import.meta.dir, "../fixtures/log-rotate-fixture.ts");
    const child = Bun.spawn([process.execPath, fixture, path, "30000", "2000"], { stderr: "inherit" });
    await until(() => shown.text.endsWith("a | line 29999\n"));
    expect(lines()).toEqual(numbers(0, 30_000).map((number) => `a | line ${number}`));
    expect(await child.exited).toBe(0);
    await stop();
  });

  test("ends with the error of its output", async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "a.log");
    writeFileSync(path, "");
    let closed = false;
    const { done } = view(directory.path, {
      follow: true,
      write() {
        closed = true;
        throw Object.assign(new Error("EPIPE"), { code: "EPIPE" });
      },
    });
    await Bun.sleep(10);
    appendFileSync(path, "x\n");
    expect(await done.catch((error: unknown) => error)).toMatchObject({ code: "EPIPE" });
    expect(closed).toBe(true);
  });

  test("a log between two names of its rotation is still known", async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "a.log");
    writeFileSync(path, "1\n");
    renameSync(path, `${path}.1`);
    expect(await textOf(directory.path, { names: ["a"] })).toBe("a | 1\n");
    rmSync(`${path}.1`);
  });
});
