import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addLogTarget } from "../../../src/log.ts";
import { ensureHostKeys } from "../../../src/features/ssh/host-keys.ts";

const [ED25519, ECDSA, RSA] = ["ed25519", "ecdsa", "rsa"].map((type) => `ssh_host_${type}_key`) as [
  string,
  string,
  string,
];

let standard = "";
let spare = "";
let lines: string[] = [];
let stopLog: () => unknown = () => {};
const ensure = () => ensureHostKeys({ standard, spare });
const content = (path: string) => readFileSync(path, "utf8");
const mode = (path: string) => statSync(path).mode & 0o777;

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), "host-keys-"));
  [standard, spare] = [join(folder, "etc"), join(folder, "run")];
  mkdirSync(standard);
  lines = [];
  stopLog = addLogTarget((line) => lines.push(line.replace(/^\S+ /, "")));
});

afterEach(() => stopLog());

describe("ensureHostKeys()", () => {
  test("makes two, and the same are offered ever after", async () => {
    const paths = [ED25519, ECDSA].map((name) => join(standard, name));
    expect(await ensure()).toEqual(paths);
    const before = paths.map(content);
    expect(await ensure()).toEqual(paths);
    expect(paths.map(content)).toEqual(before);
    expect(lines).toEqual([]);
    expect(existsSync(spare)).toBe(false);
  });

  test("closes those that a volume has opened to others", async () => {
    const paths = await ensure();
    const before = paths.map(content);
    for (const path of paths) chmodSync(path, 0o660);
    expect(await ensure()).toEqual(paths);
    expect(paths.map(mode)).toEqual([0o600, 0o600]);
    expect(paths.map(content)).toEqual(before);
    expect(lines).toEqual([]);
  });

  test("moves a damaged one away and makes another, with a line for each", async () => {
    const [ed25519 = "", ecdsa = ""] = await ensure();
    const whole = content(ecdsa);
    writeFileSync(ed25519, "");
    writeFileSync(ecdsa, whole.slice(0, 200));
    writeFileSync(join(standard, RSA), "my notes\n", { mode: 0o600 });
    expect(await ensure()).toEqual([ed25519, ecdsa]);
    expect(content(`${ed25519}.unusable`)).toBe("");
    expect(content(`${ecdsa}.unusable`)).toBe(whole.slice(0, 200));
    expect(existsSync(`${ecdsa}.unusable.pub`)).toBe(true);
    expect(content(join(standard, `${RSA}.unusable`))).toBe("my notes\n");
    expect(lines.toSorted()[1]).toBe(
      `warn sshd "${ed25519}": expected a private key without a passphrase, got an empty file; ` +
        `it is now "${ed25519}.unusable", and clients will see another host key`,
    );
    expect(lines).toHaveLength(3);
    writeFileSync(ed25519, "again");
    await ensure();
    expect(content(`${ed25519}.unusable`)).toBe("");
    expect(content(`${ed25519}.unusable-2`)).toBe("again");
  });

  test("offers those made elsewhere again where a folder takes the place of one", async () => {
    for (const name of [ED25519, ECDSA]) mkdirSync(join(standard, name));
    const paths = [ED25519, ECDSA].map((name) => join(spare, name));
    expect(await ensure()).toEqual(paths);
    const before = paths.map(content);
    expect(await ensure()).toEqual(paths);
    expect(paths.map(content)).toEqual(before);
  });

  test("makes them elsewhere where the directory is none", async () => {
    standard = "/proc/none";
    const paths = [ED25519, ECDSA].map((name) => join(spare, name));
    expect(await ensure()).toEqual(paths);
    const before = paths.map(content);
    expect(await ensure()).toEqual(paths);
    expect(paths.map(content)).toEqual(before);
  });

  describe.skipIf(process.getuid?.() !== 0)("of a read-only volume", () => {
    const mountReadOnly = () => {
      for (const options of ["bind", "remount,bind,ro"])
        expect(spawnSync("mount", ["-o", options, standard, standard]).stderr.toString()).toBe("");
    };
    afterEach(() => void spawnSync("umount", [standard]));

    test("offers a copy of one that is open to others, and makes no more", async () => {
      const [ed25519 = "", ecdsa = ""] = await ensure();
      spawnSync("rm", [ecdsa]);
      chmodSync(ed25519, 0o644);
      mountReadOnly();
      for (let start = 0; start < 2; start++) expect(await ensure()).toEqual([join(spare, ED25519)]);
      expect(content(join(spare, ED25519))).toBe(content(ed25519));
      expect([mode(ed25519), mode(join(spare, ED25519)), mode(spare)]).toEqual([0o644, 0o600, 0o700]);
      expect(lines).toHaveLength(2);
    });

    test("replaces damaged ones for this container", async () => {
      const paths = await ensure();
      for (const path of paths) writeFileSync(path, "");
      mountReadOnly();
      const made = [ED25519, ECDSA].map((name) => join(spare, name));
      expect(await ensure()).toEqual(made);
      const before = made.map(content);
      expect(await ensure()).toEqual(made);
      expect(made.map(content)).toEqual(before);
      expect(paths.map(content)).toEqual(["", ""]);
    });
  });
});
