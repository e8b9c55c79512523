import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isWholePrivateKey } from "../../../src/features/ssh/private-key.ts";

const folder = mkdtempSync(join(tmpdir(), "private-key-"));
let made = 0;

function make(...args: string[]): Buffer {
  const path = join(folder, String(++made));
  const { stderr } = spawnSync("ssh-keygen", ["-q", "-N", "", "-C", "", "-f", path, ...args]);
  expect(stderr.toString()).toBe("");
  return readFileSync(path);
}

/** What OpenSSH thinks of it. */
function isLoaded(file: Buffer): boolean {
  const path = join(folder, String(++made));
  writeFileSync(path, file, { mode: 0o600 });
  return spawnSync("ssh-keygen", ["-y", "-P", "", "-f", path]).status === 0;
}

const kinds: [name: string, args: string[]][] = [
  ["ed25519", ["-t", "ed25519"]],
  ["ecdsa", ["-t", "ecdsa"]],
  ["rsa", ["-t", "rsa", "-b", "2048"]],
  ["rsa in PEM", ["-t", "rsa", "-b", "2048", "-m", "PEM"]],
  ["ecdsa in PEM", ["-t", "ecdsa", "-m", "PEM"]],
  ["rsa in PKCS8", ["-t", "rsa", "-b", "2048", "-m", "PKCS8"]],
];

describe.each(kinds)("isWholePrivateKey() thinks like OpenSSH of %s", (_, args) => {
  const key = make(...args);
  const text = key.toString();
  const lines = text.trimEnd().split("\n");
  const changed: [name: string, file: Buffer][] = [
    ["whole", key],
    ["empty", Buffer.alloc(0)],
    ["of zeros", Buffer.alloc(key.byteLength)],
    ["without its end", key.subarray(0, key.byteLength / 2)],
    ["without its last newline", Buffer.from(text.trimEnd())],
    ["with a line less", Buffer.from(`${lines.toSpliced(1, 1).join("\n")}\n`)],
    ["with zeros inside", Buffer.concat([key.subarray(0, 60), Buffer.alloc(30), key.subarray(90)])],
    ["with more behind it", Buffer.from(`${text}more\n`)],
    ["with lines as Windows ends them", Buffer.from(text.replaceAll("\n", "\r\n"))],
  ];
  test.each(changed)("%s", (_name, file) => expect(isWholePrivateKey(file)).toBe(isLoaded(file)));
});

test.each(kinds)("isWholePrivateKey() refuses %s with a passphrase", (_, args) => {
  expect(isWholePrivateKey(make(...args, "-N", "secret"))).toBe(false);
});
