import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { LogFile } from "../../src/logs/write/log-file.ts";
import { ask } from "../../src/sys/ask-mounts.ts";
import { spaceOf } from "../../src/sys/disk.ts";
import { listMounts } from "../../src/sys/mounts.ts";
import { isSilent, leaveAlone, silentMounts } from "../../src/sys/silent-mounts.ts";
import { findProgram } from "../../src/sys/which.ts";
import { canHang, hungFolder } from "../fixtures/hung-folder.ts";

const PATIENCE_MILLISECONDS = 200;

let hung: Awaited<ReturnType<typeof hungFolder>>;
let folder: string;

if (canHang) {
  beforeEach(async () => {
    hung = await hungFolder();
    ({ folder } = hung);
  });
  afterEach(async () => {
    await hung.end();
  });
}

/** Processes that ask about the mount. */
const askers = () =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && commandOf(name).startsWith("/usr/bin/stat\0"))
    .filter((pid) => commandOf(pid).includes(`\0${folder}\0`))
    .map(Number);

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}

const look = async (paths: string[], signal?: AbortSignal) =>
  (await silentMounts(paths, PATIENCE_MILLISECONDS, signal)).map(({ target }) => target);

describe.skipIf(!canHang)("a mount that does not answer", () => {
  test("is found by paths into it, while everything else goes on, by one process", async () => {
    const link = `${folder}.link`;
    symlinkSync(`${folder}/below`, link);
    let turns = 0;
    const turning = setInterval(() => turns++, 10);
    expect(await look([`${folder}/`, `${folder}/a/b`, `${link}/c`, "/tmp", "/"])).toEqual([folder]);
    clearInterval(turning);
    rmSync(link);
    expect(turns).toBeGreaterThan(5);
    const [asker] = askers();
    expect(await look([folder])).toEqual([folder]);
    expect(askers()).toEqual([asker ?? 0]);
  });

  test("is not waited for after an abort", async () => {
    const stop = new AbortController();
    const silent = silentMounts([folder], 60_000, stop.signal);
    stop.abort();
    expect(await silent).toMatchObject([{ target: folder, type: "fuse" }]);
  });

  test("answers when what asked has ended by itself, with an error too", async () => {
    const mount = listMounts().find(({ target }) => target === folder);
    const answer = ask(mount!);
    expect(await look([folder])).toEqual([folder]);
    await hung.end();
    expect(await answer).toBe(true);
    expect(await look([folder])).toEqual([]);
  });

  test("is left alone, however it is reached, once that is said", async () => {
    const link = `${folder}.link`;
    symlinkSync(folder, link);
    expect(isSilent(folder)).toBe(false);
    leaveAlone(await silentMounts([folder], PATIENCE_MILLISECONDS));
    const paths = [folder, `${folder}/`, `${folder}/a/../b`, `${link}/a`, `/proc/self/root${folder}`];
    expect(paths.filter((path) => !isSilent(path))).toEqual([]);
    expect([`${folder}.server`, "/tmp", "/", "relative"].some((path) => isSilent(path))).toBe(false);

    expect(spaceOf(folder)).toBeUndefined();
    expect(findProgram("sh", `${folder}/bin:${link}:/bin`)).toBe("/bin/sh");
    const warnings: string[] = [];
    const path = `${link}/app.log`;
    const log = new LogFile({ path, maxBytes: 0, backups: 0, warn: (line) => warnings.push(line) });
    log.write(Buffer.from("line\n"));
    expect(warnings).toEqual([expect.stringContaining("it is on a mount that did not answer")]);
    // What is left alone is not asked again.
    const before = performance.now();
    expect(await look([folder])).toEqual([folder]);
    expect(performance.now() - before).toBeLessThan(PATIENCE_MILLISECONDS);
    rmSync(link);
  });
});

test("where there is no network mount, nobody is asked", async () => {
  expect(await look(["/tmp", "/proc", "/", "/not/there"])).toEqual([]);
});
