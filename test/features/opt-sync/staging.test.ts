import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Staging } from "../../../src/features/opt-sync/staging.ts";
import { DirectoryHandle } from "../../../src/sys/directory-handle.ts";

const base = mkdtempSync(join(tmpdir(), "staging-"));
afterAll(() => rmSync(base, { recursive: true }));

let shown = "";
let said: string[] = [];
let rounds = 0;
beforeEach(() => {
  shown = `${base}/workspace${++rounds}/`;
  said = [];
  mkdirSync(shown);
});

/** As one of several machines opens it, whose locks the file system does not tell to the others. */
function open(leaseSeconds = 0.3): Staging {
  // A descriptor of its own for each, as containers have; not closed, as Staging keeps using the workspace.
  const workspace = DirectoryHandle.open(shown);
  const say = (line: string) => void said.push(line);
  return Staging.open({ workspace, shown, say, patienceSeconds: 5, isShared: true, leaseSeconds });
}

/** What a container on another machine leaves here: no flock(2), but its name. */
function foreign(): string {
  const lock = `${shown}.ai-dock-sync/lock`;
  mkdirSync(`${shown}.ai-dock-sync`, { mode: 0o700 });
  writeFileSync(lock, `Copies of /opt that ai-dock is making (OPT_SYNC)\nanother\n`, { mode: 0o600 });
  return lock;
}

describe("copies on a volume whose locks other machines do not see", () => {
  test("wait while another container gives signs of life, and no longer", () => {
    const lock = foreign();
    const script = `for i in 1 2 3 4 5 6 7 8; do touch '${lock}'; sleep 0.2; done; : > '${base}/dead'`;
    Bun.spawn(["sh", "-c", script]);
    using staging = open(0.8);
    expect(existsSync(`${base}/dead`)).toBe(true);
    expect(said).toEqual(["Another container moves directories to this volume; waiting for its end"]);
    staging.sign();
  });

  test("go on without a wait after one that has given the lock back with its copy half done", () => {
    {
      using staging = open();
      mkdirSync(staging.directory.at("App"));
    }
    using staging = open(60);
    expect(readdirSync(staging.directory.path).toSorted()).toEqual(["App", "lock"]);
    expect(said).toEqual([]);
  });

  test("end in a container that was taken for dead, and take nothing from the other one", () => {
    foreign();
    const other = open();
    const lock = `${shown}.ai-dock-sync/lock`;
    other.sign();
    // A third one takes over from the second, as the second has taken over from the first.
    writeFileSync(lock, `Copies of /opt that ai-dock is making (OPT_SYNC)\nthird\n`);
    const before = statSync(lock).mtimeMs;
    expect(() => other.sign()).toThrow("took this one for dead");
    other[Symbol.dispose]();
    expect(statSync(lock).mtimeMs).toBe(before);
    expect(existsSync(lock)).toBe(true);
  });

  test("are made in one directory, whoever of many containers has just made it", async () => {
    const command = [process.execPath, `${import.meta.dir}/staging-fixture.ts`, shown, "300"];
    const children = Array.from({ length: 4 }, () => Bun.spawn(command, { stdout: "pipe" }));
    const texts = await Promise.all(children.map(async ({ stdout }) => new Response(stdout).text()));
    expect(texts.join("")).not.toContain("expected a directory of ours");
    expect(await Promise.all(children.map(({ exited }) => exited))).toEqual([0, 0, 0, 0]);
    expect(readdirSync(shown)).toEqual([]);
  });

  test("leave nothing behind", () => {
    open()[Symbol.dispose]();
    expect(readdirSync(shown)).toEqual([]);
  });
});
