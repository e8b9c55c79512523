import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RemoteMount } from "../../../src/features/remotes/mount.ts";
import { observeMount } from "../../../src/features/remotes/observe.ts";
import type { Observer } from "../../../src/programs/spec.ts";
import { cached, place, serveControl } from "./place-fixture.ts";

const probe = spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]);

let here: ReturnType<typeof place>;
let mount: RemoteMount;
let over: AbortController;
let notes: (string | null)[];
let facts: Record<string, unknown>;
beforeEach(async () => {
  here = place();
  mount = RemoteMount.of(here.layout);
  over = new AbortController();
  notes = [];
  facts = {};
  await mount.open();
});
afterEach(() => {
  over.abort();
  mount.release();
  rmSync(here.base, { recursive: true });
});

function observe(): Observer {
  return observeMount(mount, {
    over: over.signal,
    ready: () => undefined,
    note: (text) => notes.push(text),
    fact: (name, value) => {
      facts[name] = value;
    },
  });
}

const output = (text: string) => new TextEncoder().encode(text);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(5);
}

describe.skipIf(process.getuid?.() !== 0 || probe.status !== 0)("what is seen of a running rclone", () => {
  test("facts for other commands, and the mount point covered again when rclone has ended", () => {
    observe();
    expect(facts).toEqual({ remote: "far", path: here.layout.mountPoint });
    expect(existsSync(join(here.layout.given.cache, "lock"))).toBe(true);
    over.abort();
    expect(existsSync(join(here.layout.given.cache, "lock"))).toBe(false);
    expect(() => writeFileSync(join(here.layout.mountPoint, "file"), "")).toThrow("EROFS");
  });

  test("the socket of a killed rclone is removed", () => {
    mkdirSync(join(here.base, "run/far"), { recursive: true });
    writeFileSync(here.layout.socket, "");
    observe();
    expect(existsSync(here.layout.socket)).toBe(false);
  });

  test("the last error explains an end; one in the configuration is final, one before a signal means nothing", async () => {
    const observer = observe();
    observer.onOutput?.(output("2026/01/01 00:00:00 ERROR : one: it failed\n"));
    expect(await observer.explain?.({ code: 1, signal: null })).toEqual({
      reason: "one: it failed",
      fatal: false,
    });
    expect(await observer.explain?.({ code: null, signal: "KILL" })).toBeUndefined();
    observer.onOutput?.(output('2026/01/01 00:00:00 CRITICAL: didn\'t find backend called "nonsense"\n'));
    expect(await observer.explain?.({ code: 1, signal: null })).toMatchObject({ fatal: true });
  });

  test("before the next start, files whose records were cut off are out of rclone's reach", async () => {
    const observer = observe();
    cached(here.cache, "far", "torn", { record: "" });
    await observer.explain?.({ code: null, signal: "KILL" });
    expect(readFileSync(join(here.cache, "aside/far/torn"), "utf8")).toBe("data");
  });

  test("uploads that are stuck are noted with the last error until there are none", async () => {
    const { onOutput } = observe();
    let waiting = 2;
    await using _ = serveControl(here.layout.socket, {
      "vfs/stats": () => ({
        diskCache: {
          path: "",
          bytesUsed: 0,
          outOfSpace: false,
          uploadsInProgress: 0,
          uploadsQueued: waiting,
        },
      }),
    });
    onOutput?.(output("2026/01/01 00:00:00 ERROR : one: vfs cache: failed to upload\n"));
    await until(() => notes.length > 0);
    expect(notes).toEqual(["2 uploads pending; one: vfs cache: failed to upload"]);
    waiting = 0;
    await until(() => notes.length > 1);
    expect(notes[1]).toBeNull();
  });
});
