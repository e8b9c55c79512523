import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { keptDirectory } from "../../src/logs/write/kept-directories.ts";
import { LogFile } from "../../src/logs/write/log-file.ts";

/** Nobody but root can change the way there, as there is none in /tmp. */
const ROOTS = "/var/lib";
const isRoots =
  process.getuid?.() === 0 && [ROOTS, "/var", "/"].every((path) => (statSync(path).mode & 0o022) === 0);

describe.skipIf(!isRoots)("a directory that is kept", () => {
  let place: string;
  let folder: string;
  let warnings: string[];

  /** Writes to a log that has not been open before. */
  const write = (path: string) => {
    const file = new LogFile({ path, maxBytes: 0, backups: 0, warn: (message) => warnings.push(message) });
    file.write(Buffer.from("x"));
    file.close();
  };

  beforeEach(() => {
    place = mkdtempSync(join(ROOTS, "kept-"));
    chmodSync(place, 0o755);
    folder = join(place, "logs");
    warnings = [];
    write(join(folder, "first.log"));
  });
  afterEach(() => rmSync(place, { recursive: true, force: true }));

  test("is used again, and given up after a while", async () => {
    // At once: it is kept for a moment only.
    write(join(folder, "first.log"));
    expect(keptDirectory(folder)?.location).toBe(folder);
    write(join(folder, "second.log"));
    expect(readdirSync(folder).toSorted()).toEqual(["first.log", "second.log"]);
    while (keptDirectory(folder) !== undefined) await Bun.sleep(10);
  });

  test("is not the one that has its name by now", () => {
    renameSync(folder, `${folder}.old`);
    mkdirSync(folder);
    write(join(folder, "second.log"));
    expect([readdirSync(folder), readdirSync(`${folder}.old`)]).toEqual([["second.log"], ["first.log"]]);
  });

  test("is made again after it was removed", () => {
    rmSync(folder, { recursive: true });
    write(join(folder, "second.log"));
    expect(readdirSync(folder)).toEqual(["second.log"]);
    expect(warnings).toEqual([]);
  });

  test("is not trusted any more once others may write there", () => {
    chmodSync(folder, 0o777);
    const [secret, path] = [join(place, "secret"), join(folder, "second.log")];
    symlinkSync(secret, path);
    write(path);
    expect(keptDirectory(folder)).toBeUndefined();
    expect(existsSync(secret)).toBe(false);
    expect(warnings[0]).toContain(`"${path}" is a link, and others than root may put links there`);
  });

  test("is not found through a link that others may have put in its place", () => {
    const other = join(place, "other");
    mkdirSync(other);
    chmodSync(place, 0o777);
    renameSync(folder, `${folder}.old`);
    symlinkSync(other, folder);
    write(join(folder, "second.log"));
    expect([readdirSync(other), readdirSync(`${folder}.old`)]).toEqual([[], ["first.log"]]);
    expect(warnings[0]).toContain(`"${folder}" is a link`);
  });

  test("a link of root's in it is followed as ever", () => {
    symlinkSync("../target", join(folder, "second.log"));
    write(join(folder, "second.log"));
    expect(readFileSync(join(place, "target"), "latin1")).toBe("x");
  });

  test.each(["open", "open/below"])("is none that others may write to, or may rename: %s", (name) => {
    mkdirSync(join(place, "open"));
    chmodSync(join(place, "open"), 0o777);
    write(join(place, name, "first.log"));
    expect(keptDirectory(join(place, name))).toBeUndefined();
  });
});
