import { beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collectKeys } from "../../../src/features/ssh/step.ts";
import { ed25519 } from "./authorized-keys/fixture.ts";
import { bootContext } from "../context-fixture.ts";

const key = (seed: number) => `ssh-ed25519 ${ed25519(seed)} k${seed}`;
let home = "";

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "home-"));
});

describe.skipIf(process.getuid?.() !== 0)("collectKeys() leaves what belongs to the host as it is:", () => {
  const HOST_USER = 1234;
  const state = (path: string) => {
    const { uid, gid, mode } = statSync(path);
    return [uid, gid, (mode & 0o7777).toString(8)];
  };
  /** A folder of the host like the home of someone who logs in there by ssh. */
  const hostHome = () => {
    const host = join(home, "host");
    mkdirSync(join(host, ".ssh"), { recursive: true });
    writeFileSync(join(host, ".ssh/authorized_keys"), `${key(1)}\n`);
    for (const [name, bits] of [
      ["", 0o775],
      [".ssh", 0o750],
      [".ssh/authorized_keys", 0o640],
    ] as const) {
      chownSync(join(host, name), HOST_USER, HOST_USER);
      chmodSync(join(host, name), bits);
    }
    return host;
  };
  const states = (host: string) => ["", ".ssh", ".ssh/authorized_keys"].map((n) => state(join(host, n)));

  test.each([
    ["a mounted .ssh", ".ssh", ".ssh"],
    ["a mounted home", "", "."],
  ])("%s", (_, source, target) => {
    const host = hostHome();
    const before = states(host);
    const inside = join(home, "inside");
    mkdirSync(join(inside, target), { recursive: true });
    const mounted = join(inside, target);
    expect(spawnSync("mount", ["--bind", join(host, source), mounted]).stderr.toString()).toBe("");
    const spare = join(home, "spare");
    try {
      const context = bootContext({ SSH_PUBKEY: key(2) });
      expect(collectKeys(context, { home: inside, spare }).fields).toEqual({ keys: 2 });
      expect(context.lines).toEqual([]);
    } finally {
      spawnSync("umount", [mounted]);
    }
    expect(states(host)).toEqual(before);
    expect(readFileSync(join(host, ".ssh/authorized_keys"), "utf8")).toBe(`${key(1)}\n`);
    expect(readFileSync(spare, "utf8")).toBe(`${key(1)}\n${key(2)}\n`);
  });

  test("a mounted home without .ssh", () => {
    const host = join(home, "host");
    mkdirSync(host);
    const inside = join(home, "inside");
    mkdirSync(inside);
    expect(spawnSync("mount", ["--bind", host, inside]).stderr.toString()).toBe("");
    const spare = join(home, "spare");
    try {
      collectKeys(bootContext({ SSH_PUBKEY: key(2) }), { home: inside, spare });
    } finally {
      spawnSync("umount", [inside]);
    }
    expect(existsSync(join(host, ".ssh"))).toBe(false);
    expect(readFileSync(spare, "utf8")).toBe(`${key(2)}\n`);
  });

  test("a home, a directory and a file of another user", () => {
    const host = hostHome();
    const before = states(host);
    for (const own of ["", ".ssh"]) {
      collectKeys(bootContext({ SSH_PUBKEY: key(2) }), { home: host, spare: join(home, "spare") });
      expect(states(host)).toEqual(before);
      expect(readFileSync(join(home, "spare"), "utf8")).toBe(`${key(1)}\n${key(2)}\n`);
      chownSync(join(host, own), 0, 0);
      before[own === "" ? 0 : 1] = state(join(host, own));
    }
    collectKeys(bootContext({ SSH_PUBKEY: key(2) }), { home: host, spare: join(home, "spare") });
    expect(states(host)).toEqual(before);
  });

  test("a mounted authorized_keys", () => {
    mkdirSync(join(home, ".ssh"));
    const path = join(home, ".ssh/authorized_keys");
    writeFileSync(path, "");
    writeFileSync(join(home, "host"), `\n${key(1)}`);
    chownSync(join(home, "host"), 1234, 1234);
    expect(spawnSync("mount", ["--bind", join(home, "host"), path]).stderr.toString()).toBe("");
    collectKeys(bootContext({ SSH_PUBKEY: key(2) }), { home, spare: join(home, "spare") });
    spawnSync("umount", [path]);
    expect(readFileSync(join(home, "host"), "utf8")).toBe(`\n${key(1)}`);
    expect(statSync(join(home, "host")).uid).toBe(1234);
    expect(readFileSync(join(home, "spare"), "utf8")).toBe(`${key(1)}\n${key(2)}\n`);
  });
});
