import { describe, expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { countKeys } from "../../../../src/features/ssh/authorized-keys/store.ts";
import { formatKey, parseKeyLine } from "../../../../src/features/ssh/authorized-keys/line.ts";
import { blob, ed25519, rsa } from "./fixture.ts";

const KEY = ed25519(1);
const POINT = Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 7)]);

describe("parseKeyLine() accepts", () => {
  test.each([
    ["a bare key", `ssh-ed25519 ${KEY}`, "", ""],
    ["a comment of several words", `ssh-ed25519 ${KEY} me at home`, "", "me at home"],
    ["CRLF and blanks in front", `\t ssh-ed25519 ${KEY} me\r`, "", "me"],
    ["flags", `no-pty,No-X11-Forwarding ssh-ed25519 ${KEY} me`, "no-pty,No-X11-Forwarding", "me"],
    [
      "quoted blanks, commas and quotes",
      `from="10.0.0.*,!1.2.3.4",command="echo \\"a, b\\" c" ssh-ed25519 ${KEY}`,
      'from="10.0.0.*,!1.2.3.4",command="echo \\"a, b\\" c"',
      "",
    ],
    ["an expiry time", `expiry-time="20991231Z" ssh-ed25519 ${KEY}`, 'expiry-time="20991231Z"', ""],
  ])("%s", (_, line, options, comment) => {
    expect(parseKeyLine(line)).toEqual({ kind: "key", options, type: "ssh-ed25519", blob: KEY, comment });
  });

  test.each([
    ["ssh-rsa", rsa(3072)],
    ["ecdsa-sha2-nistp256", blob("ecdsa-sha2-nistp256", "nistp256", POINT)],
    ["sk-ssh-ed25519@openssh.com", blob("sk-ssh-ed25519@openssh.com", Buffer.alloc(32, 1), "ssh:")],
    [
      "sk-ecdsa-sha2-nistp256@openssh.com",
      blob("sk-ecdsa-sha2-nistp256@openssh.com", "nistp256", POINT, "ssh:"),
    ],
  ])("%s", (type, base64) => {
    expect(parseKeyLine(`${type} ${base64} x`)).toEqual({
      kind: "key",
      options: "",
      type,
      blob: base64,
      comment: "x",
    });
  });

  test("an RSA key of 1024 bits, with a warning", () => {
    expect(parseKeyLine(`ssh-rsa ${rsa(1024)}`)).toMatchObject({
      kind: "key",
      warning: "an RSA key of 1024 bits is weak; ed25519 is short and safe",
    });
  });
});

describe("parseKeyLine() refuses", () => {
  test.each([
    ["text", "hello world", "something else"],
    [
      "a base64 half that is cut",
      `ssh-ed25519 ${KEY.slice(0, 40)}`,
      "an ssh-ed25519 key that is cut short or damaged",
    ],
    ["a type without a key", "ssh-ed25519", "an ssh-ed25519 key that is cut short or damaged"],
    ["another type inside", `ssh-rsa ${KEY}`, "an ssh-rsa key that is cut short or damaged"],
    ["a key without type", `${KEY} me`, "a key without its type (such as ssh-ed25519) in front"],
    ["an unknown type", `ssh-foo ${KEY}`, 'an unknown key type "ssh-foo"'],
    ["DSA", `ssh-dss ${blob("ssh-dss", "a")}`, "a DSA key, which sshd no longer accepts"],
    ["RSA of 768 bits", `ssh-rsa ${rsa(768)}`, "an RSA key of 768 bits, which sshd refuses"],
    ["an unknown option", `no-ptty ssh-ed25519 ${KEY}`, 'an unknown option "no-ptty"'],
    ["an empty option", `no-pty,,restrict ssh-ed25519 ${KEY}`, 'an unknown option ""'],
    [
      "an option without quotes",
      `from=1.2.3.4 ssh-ed25519 ${KEY}`,
      'the option "from" without a quoted value',
    ],
    [
      "a bad date",
      `expiry-time="soon" ssh-ed25519 ${KEY}`,
      'the option "expiry-time" without a date such as "20301231"',
    ],
  ])("%s", (_, line, reason) => {
    expect(parseKeyLine(line)).toEqual({ kind: "invalid", reason });
  });
});

test("formatKey() is the inverse of parseKeyLine()", () => {
  const line = `restrict,command="echo a" ssh-ed25519 ${KEY} me at home`;
  const parsed = parseKeyLine(line);
  expect(parsed.kind === "key" && formatKey(parsed)).toBe(line);
});

test("countKeys() counts each key of several files once, and none in a missing one", () => {
  const path = join(mkdtempSync(join(tmpdir(), "keys-")), "authorized_keys");
  expect(countKeys(path)).toBe(0);
  writeFileSync(path, `# me\nssh-ed25519 ${KEY}\n\ngarbage\nssh-ed25519 ${ed25519(2)} two`);
  expect(countKeys(path)).toBe(2);
  writeFileSync(`${path}2`, `ssh-ed25519 ${ed25519(2)} again\nssh-ed25519 ${ed25519(3)}\n`);
  expect(countKeys(path, `${path}2`)).toBe(3);
});
