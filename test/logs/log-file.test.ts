import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { LogFile, type LogFileOptions } from "../../src/logs/write/log-file.ts";
import {
  mount,
  pumpWriter,
  readGenerations,
  smallDisk,
  temporaryDirectory,
  unmount,
  until,
} from "./_helpers.ts";

function open(path: string, options: Partial<LogFileOptions> = {}) {
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  return { file: new LogFile({ path, maxBytes: 0, backups: 0, warn, ...options }), warnings };
}

/** True while this process has the file open. */
function isHeld(path: string): boolean {
  return readdirSync("/proc/self/fd").some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  });
}

const bytes = (text: string) => Buffer.from(text, "latin1");

describe("LogFile", () => {
  test("appends bytes exactly as given, to what is there", () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "deep/er/a.log");
    const all = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
    open(path).file.write(all);
    open(path).file.write(bytes("no newline"));
    expect(readFileSync(path)).toEqual(Buffer.concat([all, bytes("no newline")]));
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  test("rotates like supervisord once the size is reached", () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "a.log");
    const { file } = open(path, { maxBytes: 10, backups: 2 });
    file.write(bytes("aaaaaaaaa"));
    expect(readdirSync(directory.path)).toEqual(["a.log"]);
    file.write(bytes("b"));
    for (const text of ["cccccccccccc", "dddddddddd", "e"]) file.write(bytes(text));
    const read = (name: string) => readFileSync(join(directory.path, name), "latin1");
    expect(readdirSync(directory.path).toSorted()).toEqual(["a.log", "a.log.1", "a.log.2"]);
    expect([read("a.log"), read("a.log.1"), read("a.log.2")]).toEqual(["e", "dddddddddd", "cccccccccccc"]);
  });

  test("starts over without backups, counts what an earlier run left", () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "a.log");
    writeFileSync(path, "12345");
    const { file } = open(path, { maxBytes: 10 });
    file.write(bytes("67890"));
    expect(readFileSync(path, "latin1")).toBe("");
    file.write(bytes("new"));
    expect(readFileSync(path, "latin1")).toBe("new");
    expect(readdirSync(directory.path)).toEqual(["a.log"]);
  });

  test("cuts large writes, so that a file exceeds its limit by a chunk at most", () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "a.log");
    const big = Buffer.alloc(3_000_000, "x");
    open(path, { maxBytes: 500_000, backups: 9 }).file.write(big);
    expect(readGenerations(path, 9)).toHaveLength(big.byteLength);
    for (const name of readdirSync(directory.path)) {
      expect(statSync(join(directory.path, name)).size).toBeLessThan(500_000 + 128 * 1024);
    }
  });

  test("conserves every byte of concurrent programs over many rotations", async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "a.log");
    const { file, warnings } = open(path, { maxBytes: 100_000, backups: 100 });
    await Promise.all(["a", "b", "c"].map((name) => pumpWriter([name, 10_000, 80], { file })));
    const text = readGenerations(path, 100);
    for (const name of ["a", "b", "c"]) expect(text.split(`${name} `)).toHaveLength(10_001);
    expect(text).toHaveLength(3 * 10_000 * 81);
    expect(readdirSync(directory.path).length).toBeGreaterThan(5);
    expect(warnings).toEqual([]);
  });

  test("drops and tells once while the disk is full, goes on when there is room", async () => {
    using disk = smallDisk(256 * 1024);
    const filler = join(disk.path, "filler");
    writeFileSync(filler, Buffer.alloc(200 * 1024));
    const path = join(disk.path, "a.log");
    const { file, warnings } = open(path, { checkMs: 20 });
    for (let count = 0; count < 100; count++) file.write(Buffer.alloc(1024, "x"));
    const kept = statSync(path).size;
    expect(kept).toBeGreaterThan(0);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`Cannot write log "${path}": ENOSPC`);
    await Bun.sleep(30);
    file.write(Buffer.alloc(1024, "x"));
    expect(warnings).toHaveLength(1);
    rmSync(filler);
    let sent = 101 * 1024;
    await until(() => {
      file.write(Buffer.alloc(100, "y"));
      sent += 100;
      return warnings.length > 1;
    });
    const written = statSync(path).size;
    expect(warnings[1]).toBe(`Writing log "${path}" again; ${sent - written} bytes were dropped`);
    file.write(bytes("z"));
    expect(statSync(path).size).toBe(written + 1);
  });

  test("survives a directory that cannot be made, and uses it once it can", async () => {
    using directory = temporaryDirectory();
    const blocked = join(directory.path, "logs");
    writeFileSync(blocked, "not a directory");
    const path = join(blocked, "a.log");
    const { file, warnings } = open(path, { checkMs: 10 });
    file.create();
    file.write(bytes("lost"));
    expect(warnings).toHaveLength(1);
    rmSync(blocked);
    await until(() => {
      if (!existsSync(path)) file.write(bytes("."));
      return existsSync(path);
    });
    expect(readFileSync(path, "latin1")).toBe(".");
    expect(warnings).toHaveLength(2);
  });

  test("a warning that ends in the failing log itself does not recurse", () => {
    const path = "/proc/no-such-directory/a.log";
    const warnings: string[] = [];
    const file: LogFile = new LogFile({
      path,
      maxBytes: 0,
      backups: 0,
      warn(message) {
        warnings.push(message);
        file.write(bytes(message));
      },
    });
    file.write(bytes("x"));
    expect(warnings).toHaveLength(1);
  });

  test("a log without a byte is there and holds no descriptor; neither does one that is cleared or reopened", () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "a.log");
    const { file, warnings } = open(path);
    file.create();
    expect([existsSync(path), isHeld(path)]).toEqual([true, false]);
    for (const act of [() => file.clear(), () => file.reopen()]) {
      act();
      expect(isHeld(path)).toBe(false);
    }
    file.write(bytes("one"));
    expect([readFileSync(path, "latin1"), isHeld(path)]).toEqual(["one", true]);
    file.clear();
    expect([readFileSync(path, "latin1"), isHeld(path)]).toEqual(["", true]);
    expect(warnings).toEqual([]);
  });

  test("a FIFO stays open: its reader would see the end", () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "a.fifo");
    Bun.spawnSync(["mkfifo", path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { file, warnings } = open(path);
    file.create();
    // EAGAIN while there is a writer, and 0 bytes, the end, without one.
    expect(() => readSync(reader, new Uint8Array(1))).toThrow("EAGAIN");
    expect(warnings).toEqual([]);
    file.close();
    closeSync(reader);
  });

  test("logs that fail at first and are created then lose no byte", () => {
    using directory = temporaryDirectory();
    const blocked = join(directory.path, "logs");
    writeFileSync(blocked, "not a directory");
    const path = join(blocked, "a.log");
    const { file, warnings } = open(path, { checkMs: 1_000_000 });
    file.create();
    rmSync(blocked);
    file.create();
    file.write(bytes("one"));
    expect(readFileSync(path, "latin1")).toBe("one");
    expect(warnings).toHaveLength(2);
  });

  test("more logs than descriptors take turns, without a byte lost", () => {
    using directory = temporaryDirectory();
    const code = `
      import { LogFile } from ${JSON.stringify(join(import.meta.dir, "../../src/logs/write/log-file.ts"))};
      const files = Array.from({ length: 200 }, (_, number) =>
        new LogFile({ path: ${JSON.stringify(directory.path)} + "/" + number, maxBytes: 0, backups: 0, warn: console.error }));
      for (let round = 0; round < 3; round++) for (const file of files) file.write(Buffer.from("x"));`;
    const { stderr } = Bun.spawnSync(["prlimit", "--nofile=100", process.execPath, "-e", code]);
    expect(stderr.toString()).toBe("");
    const texts = readdirSync(directory.path).map((name) =>
      readFileSync(join(directory.path, name), "latin1"),
    );
    expect(texts).toEqual(Array.from({ length: 200 }, () => "xxx"));
  });

  test("reopens after someone moved or deleted the file", async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "a.log");
    const { file } = open(path, { checkMs: 10 });
    file.write(bytes("one"));
    renameSync(path, `${path}.old`);
    file.reopen();
    file.write(bytes("two"));
    expect(readFileSync(`${path}.old`, "latin1")).toBe("one");
    expect(readFileSync(path, "latin1")).toBe("two");
    rmSync(path);
    await until(() => {
      file.write(bytes("3"));
      return existsSync(path);
    });
    expect(readFileSync(path, "latin1")).toBe("3");
  });

  test("clear() and a truncation by someone else free the space", async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "a.log");
    const { file } = open(path, { maxBytes: 100, backups: 1, checkMs: 5 });
    file.write(Buffer.alloc(90));
    file.clear();
    file.write(Buffer.alloc(90));
    expect(statSync(path).size).toBe(90);
    truncateSync(path, 0);
    await Bun.sleep(6);
    file.write(Buffer.alloc(90));
    expect(readdirSync(directory.path)).toEqual(["a.log"]);
  });

  test("a log that is itself a mount is copied, then starts over", () => {
    using directory = temporaryDirectory();
    const [path, outside] = [join(directory.path, "a.log"), join(directory.path, "outside")];
    for (const name of [path, outside]) writeFileSync(name, "");
    mount(["--bind", outside, path]);
    try {
      const { file } = open(path, { maxBytes: 10, backups: 2 });
      file.write(bytes("0123456789"));
      file.write(bytes("next"));
      expect(readFileSync(outside, "latin1")).toBe("next");
      expect(readFileSync(`${path}.1`, "latin1")).toBe("0123456789");
    } finally {
      unmount(path);
    }
  });

  test("never rotates what is no file", () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "null.log");
    symlinkSync("/dev/null", path);
    const { file, warnings } = open(path, { maxBytes: 1, backups: 1 });
    file.write(bytes("gone"));
    expect(readdirSync(directory.path)).toEqual(["null.log"]);
    expect(warnings).toEqual([]);
    mkdirSync(join(directory.path, "directory.log"));
    const other = open(join(directory.path, "directory.log"));
    other.file.write(bytes("x"));
    expect(other.warnings[0]).toContain("EISDIR");
  });
});

test("new limits hold from the next byte on", () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "a.log");
  const file = new LogFile({ path, maxBytes: 0, backups: 0, warn() {} });
  file.write(Buffer.from("x".repeat(100)));
  file.setLimits({ maxBytes: 50, backups: 1 });
  file.write(Buffer.from("y"));
  expect(readFileSync(`${path}.1`, "utf8")).toBe(`${"x".repeat(100)}y`);
  expect(readFileSync(path, "utf8")).toBe("");
});

describe.skipIf(process.getuid?.() !== 0)("LogFile where others can plant links", () => {
  const BOB = 1234;
  /** A folder of bob's, and a file of root's that is none of bob's business. */
  const planted = (owner = BOB, mode = 0o755) => {
    const directory = temporaryDirectory();
    const [folder, secret] = [join(directory.path, "bob"), join(directory.path, "secret")];
    mkdirSync(folder);
    chownSync(folder, owner, owner);
    chmodSync(folder, mode);
    writeFileSync(secret, "secret");
    return { folder, secret, [Symbol.dispose]: () => directory[Symbol.dispose]() };
  };
  const isLink = (path: string) => lstatSync(path).isSymbolicLink();

  test.each([
    ["of another user", BOB, 0o755],
    ["that all may write to", 0, 0o777],
    ["that all may write to, and keep theirs in", 0, 0o1777],
  ])("follows no link in a directory %s", (_, owner, mode) => {
    using place = planted(owner, mode);
    const path = join(place.folder, "app.log");
    symlinkSync(place.secret, path);
    const { file, warnings } = open(path, { checkMs: 0 });
    file.write(bytes("key"));
    expect(warnings).toEqual([
      `Cannot write log "${path}": "${path}" is a link, and others than root may put links there; dropping its output until that is over`,
    ]);
    expect(readFileSync(place.secret, "utf8")).toBe("secret");
    rmSync(path);
    file.write(bytes("plain"));
    expect(readFileSync(path, "utf8")).toBe("plain");
    expect(warnings).toHaveLength(2);
    rmSync(path);
    symlinkSync(place.secret, path);
    file.write(bytes("key"));
    expect(readFileSync(place.secret, "utf8")).toBe("secret");
  });

  test("follows no link to a directory, and makes none behind it", () => {
    using place = planted();
    mkdirSync(join(place.folder, "../other"));
    symlinkSync("../other", join(place.folder, "logs"));
    const { file, warnings } = open(join(place.folder, "logs/deep/app.log"));
    file.write(bytes("x"));
    expect(warnings[0]).toContain(`"${place.folder}/logs" is a link`);
    expect(readdirSync(join(place.folder, "../other"))).toEqual([]);
  });

  test("still makes directories there, and writes where a link leads nowhere but to the output", () => {
    using place = planted();
    symlinkSync("/dev/null", join(place.folder, "null.log"));
    for (const name of ["deep/er/app.log", "null.log"]) {
      const { file, warnings } = open(join(place.folder, name), { maxBytes: 1, backups: 1 });
      file.write(bytes("x"));
      expect(warnings).toEqual([]);
    }
    expect(readFileSync(join(place.folder, "deep/er/app.log.1"), "utf8")).toBe("x");
    expect(readdirSync(place.folder).toSorted()).toEqual(["deep", "null.log"]);
  });

  test("follows links of root: to a file, to a folder, into what is bob's", () => {
    using place = planted();
    const own = join(place.folder, "../own");
    mkdirSync(own);
    symlinkSync(place.secret, join(own, "file.log"));
    symlinkSync("../bob", join(own, "folder"));
    const file = open(join(own, "file.log"));
    const folder = open(join(own, "folder/app.log"));
    for (const log of [file, folder]) log.file.write(bytes(" x"));
    expect([...file.warnings, ...folder.warnings]).toEqual([]);
    expect(readFileSync(place.secret, "utf8")).toBe("secret x");
    expect(readFileSync(join(place.folder, "app.log"), "utf8")).toBe(" x");
  });

  test("a rotation leaves what links lead to, those in the place of a generation included", () => {
    using place = planted();
    const path = join(place.folder, "app.log");
    symlinkSync(place.secret, `${path}.1`);
    const { file, warnings } = open(path, { maxBytes: 4, backups: 2 });
    file.write(bytes("full"));
    expect([isLink(`${path}.2`), readFileSync(`${path}.1`, "utf8")]).toEqual([true, "full"]);
    expect(readFileSync(place.secret, "utf8")).toBe("secret");
    expect(warnings).toEqual([]);
  });

  test("a copy, where the log cannot be renamed, follows no link either", () => {
    using place = planted();
    const path = join(place.folder, "app.log");
    writeFileSync(path, "");
    mount(["--bind", path, path]);
    try {
      symlinkSync(place.secret, `${path}.1`);
      // So that the older generation stays where it is.
      mkdirSync(`${path}.2/full`, { recursive: true });
      const { file } = open(path, { maxBytes: 4, backups: 2 });
      file.write(bytes("full"));
      expect(readFileSync(place.secret, "utf8")).toBe("secret");
      expect(readFileSync(`${path}.1`, "utf8")).toBe("full");
      expect(statSync(path).size).toBe(0);
    } finally {
      unmount(path);
    }
  });

  test.each(["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])("%s is written as ever", async (path) => {
    const code = `
      import { LogFile } from ${JSON.stringify(join(import.meta.dir, "../../src/logs/write/log-file.ts"))};
      new LogFile({ path: "${path}", maxBytes: 1, backups: 1, warn: console.error }).write(Buffer.from("out"));`;
    // Bun's own "pipe" is a socket, which nobody can open.
    const child = Bun.spawn(["sh", "-c", '"$0" -e "$1" | cat', process.execPath, code], { stderr: "pipe" });
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    expect([stdout, stderr]).toEqual(["out", ""]);
  });
});
