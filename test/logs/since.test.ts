import { describe, expect, setSystemTime, test } from "bun:test";
import { existsSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LogFile } from "../../src/logs/write/log-file.ts";
import { parseMoment } from "../../src/logs/read/since.ts";
import { readTimes, TimeNotes, timesPath } from "../../src/logs/times.ts";
import { viewLogs } from "../../src/logs/read/view.ts";
import { stoppedClock } from "../stopped-clock.ts";
import { temporaryDirectory } from "./_helpers.ts";

const START = Date.parse("2026-01-31T12:00:00Z");
const SECOND = 1000;

async function show(directory: string, options: { since?: number; lines?: number }): Promise<string[]> {
  let text = "";
  await viewLogs({
    directory,
    names: [],
    lines: Number.POSITIVE_INFINITY,
    follow: false,
    format: "prefix",
    decorate: (name) => name,
    write: (bytes) => void (text += Buffer.from(bytes).toString()),
    ...options,
  });
  return text.split("\n").slice(0, -1);
}

/** Writes as if at that second: for a test the notes get their own clocks. */
class Clock {
  readonly #notes = new Map<string, TimeNotes>();

  write(file: LogFile, second: number, text: string): void {
    const stat = statSync(file.path, { throwIfNoEntry: false });
    setSystemTime(START + second * SECOND);
    file.create();
    const notes = this.#notes.get(file.path) ?? new TimeNotes(file.path);
    this.#notes.set(file.path, notes);
    notes.note(second * SECOND, statSync(file.path).ino, stat?.size ?? 0);
    file.write(Buffer.from(text));
    setSystemTime();
  }
}

function logIn(directory: string, name: string, maxBytes = 0): LogFile {
  return new LogFile({ path: join(directory, `${name}.log`), maxBytes, backups: 5, warn() {} });
}

describe("logs by time", () => {
  test("LogFile notes times only where asked to, one a second and one a file", () => {
    using directory = temporaryDirectory();
    const [plain, noted] = ["plain", "noted"].map((name) => join(directory.path, `${name}.log`));
    const options = { maxBytes: 30, backups: 3, warn() {} };
    using _ = stoppedClock();
    const file = new LogFile({ ...options, path: noted ?? "", times: true });
    const began = Date.now();
    for (let count = 0; count < 10; count++) file.write(Buffer.from("0123456789"));
    new LogFile({ ...options, path: plain ?? "" }).write(Buffer.from("x"));
    expect(existsSync(timesPath(plain ?? ""))).toBe(false);
    const spans = [...readTimes(noted ?? "").values()].flat();
    expect(spans.map(({ offset }) => offset)).toEqual([0, 0, 0, 0]);
    expect(new Set(spans.map(({ inode }) => inode)).size).toBe(4);
    expect(spans[0]?.from).toBe(began);
    expect(statSync(timesPath(noted ?? "")).mode & 0o777).toBe(0o640);
  });

  test("begins with what was written since a moment, across rotations", async () => {
    using directory = temporaryDirectory();
    const file = logIn(directory.path, "a", 40);
    const clock = new Clock();
    for (let second = 0; second < 20; second++) clock.write(file, second, `second ${second}\n`);
    const lines = (from: number) =>
      Array.from({ length: 20 - from }, (_, index) => `a | second ${from + index}`);
    for (const second of [-5, 0, 1, 7, 13, 19]) {
      expect(await show(directory.path, { since: START + second * SECOND })).toEqual(
        lines(Math.max(0, second)),
      );
    }
    expect(await show(directory.path, { since: START + 30 * SECOND })).toEqual([]);
    expect(await show(directory.path, { since: START + 5 * SECOND, lines: 3 })).toEqual(lines(17));
    expect(await show(directory.path, { since: START + 18 * SECOND, lines: 10 })).toEqual(lines(18));
  });

  test("shows the whole line that was being written then", async () => {
    using directory = temporaryDirectory();
    const file = logIn(directory.path, "a");
    const clock = new Clock();
    clock.write(file, 0, "first\nsec");
    clock.write(file, 10, "ond\nthird\n");
    expect(await show(directory.path, { since: START + 10 * SECOND })).toEqual(["a | second", "a | third"]);
  });

  test("puts several logs in one order", async () => {
    using directory = temporaryDirectory();
    const [a, b] = [logIn(directory.path, "a", 20), logIn(directory.path, "b")];
    const clock = new Clock();
    clock.write(a, 0, "1\n2\n");
    clock.write(b, 2, "3\nunfinished ");
    clock.write(a, 4, "4 long enough to rotate\n");
    clock.write(a, 6, "5\n");
    clock.write(b, 8, "6\n");
    expect(await show(directory.path, {})).toEqual([
      "a | 1",
      "a | 2",
      "b | 3",
      "a | 4 long enough to rotate",
      "a | 5",
      "b | unfinished 6",
    ]);
    expect(await show(directory.path, { lines: 2 })).toEqual([
      "b | 3",
      "a | 4 long enough to rotate",
      "a | 5",
      "b | unfinished 6",
    ]);
  });

  test("without times that of the last write counts", async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "a.log");
    for (const [name, second] of [
      [`${path}.2`, 0],
      [`${path}.1`, 10],
      [path, 20],
    ] as const) {
      writeFileSync(name, `${second}\n`);
      utimesSync(name, (START + second * SECOND) / 1000, (START + second * SECOND) / 1000);
    }
    expect(await show(directory.path, { since: START + 5 * SECOND })).toEqual(["a | 10", "a | 20"]);
    expect(await show(directory.path, { since: START + 25 * SECOND })).toEqual([]);
  });

  test("a truncated file begins anew", () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "a.log");
    const notes = new TimeNotes(path);
    notes.note(0, 7, 0);
    notes.note(2000, 7, 500);
    notes.note(4000, 7, 20);
    expect(readTimes(path).get(7)).toMatchObject([{ offset: 20 }]);
  });

  test("notes stay small for good, the old ones get coarse", () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "a.log");
    const notes = new TimeNotes(path);
    for (let second = 0; second < 20_000; second++) {
      setSystemTime(START + second * SECOND);
      notes.note(second * SECOND, 7, second * 10);
    }
    setSystemTime();
    expect(statSync(timesPath(path)).size).toBeLessThan(70_000);
    const spans = readTimes(path).get(7) ?? [];
    expect(spans[0]).toMatchObject({ from: START, offset: 0 });
    expect(spans.at(-1)).toMatchObject({ from: START + 19_999 * SECOND, offset: 199_990 });
    for (const [index, span] of spans.entries()) {
      expect(spans[index + 1]?.from ?? span.to).toBe(span.to);
      expect(span.offset).toBe((span.from - START) / 100);
    }
  });

  test("times that cannot be read or written cost nothing else", async () => {
    using directory = temporaryDirectory();
    writeFileSync(join(directory.path, ".times"), "not a directory");
    const file = new LogFile({
      path: join(directory.path, "a.log"),
      maxBytes: 0,
      backups: 0,
      warn() {},
      times: true,
    });
    file.write(Buffer.from("x\n"));
    expect(await show(directory.path, {})).toEqual(["a | x"]);
    rmSync(join(directory.path, ".times"));
    await Bun.write(timesPath(file.path), "\0garbage\n1 2\nNaN NaN NaN\n\n9 9 x\n");
    truncateSync(file.path, 0);
    writeFileSync(file.path, "y\n");
    expect(await show(directory.path, { since: 1 })).toEqual(["a | y"]);
  });
});

describe("parseMoment()", () => {
  const now = new Date(2026, 0, 31, 12, 0, 0).getTime();
  test.each([
    ["90s", now - 90_000],
    ["1h30m", now - 5_400_000],
    ["2d", now - 172_800_000],
    ["1w", now - 604_800_000],
    ["1769860800", 1_769_860_800_000],
    ["1769860800.5", 1_769_860_800_500],
    ["11:30", new Date(2026, 0, 31, 11, 30).getTime()],
    ["23:30:05", new Date(2026, 0, 30, 23, 30, 5).getTime()],
    ["2026-01-30", new Date(2026, 0, 30).getTime()],
    ["2026-01-30 10:00", new Date(2026, 0, 30, 10).getTime()],
    ["2026-01-30T10:00:00Z", Date.UTC(2026, 0, 30, 10)],
    ["", undefined],
    ["5", undefined],
    ["m", undefined],
    ["yesterday", undefined],
    ["2026-13-45", undefined],
    ["1h30", undefined],
  ])("%s", (text, expected) => {
    expect(parseMoment(text, now)).toBe(expected);
  });
});
