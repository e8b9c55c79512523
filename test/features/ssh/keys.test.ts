import { beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mergeKeys } from "../../../src/features/ssh/authorized-keys/merge.ts";
import { collectKeys } from "../../../src/features/ssh/step.ts";
import { ed25519, privateKey, rsa } from "./authorized-keys/fixture.ts";
import { bootContext } from "../context-fixture.ts";

const key = (seed: number, comment = `k${seed}`) => `ssh-ed25519 ${ed25519(seed)} ${comment}`;
const warning = (where: string, what: string) =>
  `${where}: expected an OpenSSH public key, got ${what}; left out`;

describe("mergeKeys()", () => {
  test("keeps each key once, in order, with comment lines", () => {
    const found = `# mine\n${key(1)}\r\n\n  ${key(2)}`;
    const merged = mergeKeys([
      { name: "found", text: found },
      { name: "SSH_PUBKEY", text: `${key(2, "again")}\n${key(3)}` },
    ]);
    expect(merged).toEqual({ lines: ["# mine", key(1), key(2), key(3)], count: 3, warnings: [] });
  });

  test("lets a later source change the options of a key", () => {
    const merged = mergeKeys([
      { name: "found", text: key(1) },
      { name: "mount", text: `restrict ${key(1)}` },
    ]);
    expect(merged.lines).toEqual([`restrict ${key(1)}`]);
  });

  test("takes the two characters \\n as a line end between keys, not within options", () => {
    const quoted = `command="printf 'a\\nb'" ${key(2)}`;
    const merged = mergeKeys([{ name: "PUBLIC_KEY", text: `${key(1)}\\n${quoted}\\n${key(3)}\\n` }]);
    expect(merged).toEqual({ lines: [key(1), quoted, key(3)], count: 3, warnings: [] });
  });

  test("names what is no key by source and line", () => {
    const { lines, warnings } = mergeKeys([
      { name: "SSH_PUBKEY", text: `garbage\n${key(1)}\nssh-rsa ${rsa(768)}` },
    ]);
    expect(lines).toEqual([key(1)]);
    expect(warnings).toEqual([
      warning("SSH_PUBKEY line 1", "something else"),
      warning("SSH_PUBKEY line 3", "an RSA key of 768 bits, which sshd refuses"),
    ]);
  });

  test("gives a private key one line and never prints it", () => {
    const pem = privateKey();
    const { lines, warnings } = mergeKeys([{ name: "SSH_PUBKEY", text: `${pem}\n${key(1)}` }]);
    expect(lines).toEqual([key(1)]);
    expect(warnings).toEqual([warning("SSH_PUBKEY line 1", "a private key")]);
    const flat = mergeKeys([{ name: "SSH_PUBKEY", text: pem.replaceAll("\n", " ") }]);
    expect(flat.warnings).toEqual([warning("SSH_PUBKEY line 1", "a private key")]);
  });
});

describe("collectKeys()", () => {
  let home = "";
  const file = () => readFileSync(join(home, ".ssh/authorized_keys"), "utf8");
  const mode = (path: string) => statSync(join(home, path)).mode & 0o777;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "home-"));
  });

  test("joins all five sources and is the same after three boots", () => {
    mkdirSync(join(home, ".ssh"), { mode: 0o755 });
    writeFileSync(join(home, ".ssh/authorized_keys"), key(1), { mode: 0o666 });
    writeFileSync(join(home, ".ssh/authorized_keys_mount"), `${key(2)}\n`);
    const context = bootContext({
      SSH_PUBKEY: key(3),
      PUBLIC_KEY: `${key(4)}\n${key(3)}`,
      SSH_PUBLIC_KEY: key(1),
    });
    chmodSync(home, 0o777);
    for (let boot = 0; boot < 3; boot++)
      expect(collectKeys(context, { home, spare: join(home, "spare") }).fields).toEqual({ keys: 4 });
    expect(file()).toBe([1, 2, 3, 4].map((seed) => `${key(seed)}\n`).join(""));
    expect([mode("."), mode(".ssh"), mode(".ssh/authorized_keys")]).toEqual([0o755, 0o700, 0o600]);
    expect(context.lines).toEqual([]);
  });

  test("writes nothing when nothing changed", () => {
    const context = bootContext({ SSH_PUBKEY: key(1) });
    collectKeys(context, { home, spare: join(home, "spare") });
    const before = statSync(join(home, ".ssh/authorized_keys"));
    collectKeys(context, { home, spare: join(home, "spare") });
    const after = statSync(join(home, ".ssh/authorized_keys"));
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
  });

  test("keeps the keys as found when the mounted file is empty", () => {
    mkdirSync(join(home, ".ssh"));
    writeFileSync(join(home, ".ssh/authorized_keys"), `${key(1)}\n`);
    writeFileSync(join(home, ".ssh/authorized_keys_mount"), "");
    collectKeys(bootContext(), { home, spare: join(home, "spare") });
    expect(file()).toBe(`${key(1)}\n`);
  });

  const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, "utf16le");
  test.each([
    ["UTF-8 with a mark", Buffer.from(`\uFEFF${key(1, "café")}\r\n`), key(1, "café")],
    ["UTF-16, as PowerShell writes it", utf16(`${key(1, "café")}\r\n`), key(1, "café")],
    ["UTF-16 in the other order", utf16(`${key(1, "café")}\r\n`).swap16(), key(1, "café")],
    ["UTF-16 that is cut off", utf16(`${key(1, "k")}\n#`).subarray(0, -1), key(1, "k")],
    ["Latin-1", Buffer.from(`${key(1, "café")}\n`, "latin1"), key(1, "café")],
  ])("reads a file in %s", (_, bytes, line) => {
    mkdirSync(join(home, ".ssh"));
    writeFileSync(join(home, ".ssh/authorized_keys"), bytes);
    writeFileSync(join(home, ".ssh/authorized_keys_mount"), bytes);
    const context = bootContext();
    collectKeys(context, { home, spare: join(home, "spare") });
    expect(context.lines.filter((text) => !text.includes("line 2"))).toEqual([]);
    expect(file()).toBe(`${line}\n`);
  });

  test("without any key makes nothing and says so", () => {
    const context = bootContext();
    const { message } = collectKeys(context, { home, spare: join(home, "spare") });
    expect(message).toBe("No ssh key, so there will be no ssh");
    expect(existsSync(join(home, ".ssh"))).toBe(false);
  });

  test("keeps a symlink to another volume", () => {
    mkdirSync(join(home, ".ssh"));
    writeFileSync(join(home, "elsewhere"), "");
    symlinkSync(join(home, "elsewhere"), join(home, ".ssh/authorized_keys"));
    collectKeys(bootContext({ SSH_PUBKEY: key(1) }), { home, spare: join(home, "spare") });
    expect(readFileSync(join(home, "elsewhere"), "utf8")).toBe(`${key(1)}\n`);
  });

  test("puts the keys elsewhere where it may not write, until it may", () => {
    const spare = join(home, "spare");
    writeFileSync(join(home, ".ssh"), "a file in the way");
    const context = bootContext({ SSH_PUBKEY: key(1) });
    expect(collectKeys(context, { home, spare }).fields).toEqual({ keys: 1 });
    expect(context.lines).toHaveLength(1);
    expect(context.lines[0]).toEndWith(`; the keys are in "${spare}" instead`);
    expect(readFileSync(spare, "utf8")).toBe(`${key(1)}\n`);
    expect(mode("spare")).toBe(0o600);
    rmSync(join(home, ".ssh"));
    collectKeys(context, { home, spare });
    expect([file(), existsSync(spare)]).toEqual([`${key(1)}\n`, false]);
  });

  test("warns and goes on where it may write nowhere", () => {
    const context = bootContext({ SSH_PUBKEY: key(1) });
    expect(collectKeys(context, { home: "/proc/self", spare: "/proc/self/spare" }).fields).toEqual({
      keys: 1,
    });
    expect(context.lines).toHaveLength(2);
  });
});
