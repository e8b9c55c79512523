import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeAcl, encodeAcl, grantUser, withUser } from "../../src/sys/acl.ts";
import { getXattr, setXattr } from "../../src/sys/xattr.ts";

const DEFAULT = "system.posix_acl_default";
const ACCESS = "system.posix_acl_access";
const hex = (path: string, name: string) => Buffer.from(getXattr(path, name) ?? []).toString("hex");
const isRoot = process.getuid?.() === 0;

/** u::rwx u:1001:rwx g::r-x m::rwx o::r-x, as setfacl wrote it. */
const BLOB = "0200000001000700ffffffff02000700e903000004000500ffffffff10000700ffffffff20000500ffffffff";

test("decodeAcl() and encodeAcl() are inverse", () => {
  const entries = decodeAcl(Buffer.from(BLOB, "hex"));
  expect(entries).toHaveLength(5);
  expect(Buffer.from(encodeAcl(entries.toReversed())).toString("hex")).toBe(BLOB);
});

test("withUser() replaces the entries of that user and keeps all others", () => {
  const none = 0xffff_ffff;
  const group = { tag: 8, permissions: 5, id: 50 };
  const twice = [4, 5].map((permissions) => ({ tag: 2, permissions, id: 1001 }));
  const other = { tag: 2, permissions: 4, id: 7 };
  expect(withUser([...twice, other, group, { tag: 16, permissions: 5, id: none }], 1001)).toEqual([
    other,
    group,
    { tag: 2, permissions: 7, id: 1001 },
    { tag: 16, permissions: 7, id: none },
  ]);
});

const directory = () => {
  const path = mkdtempSync(join(tmpdir(), "acl-"));
  chmodSync(path, 0o755);
  return path;
};

describe("grantUser()", () => {
  test("sets the default and, where the user is not the owner, the access entry; once", () => {
    const path = directory();
    expect(grantUser(path, 1001)).toBe(true);
    expect([hex(path, DEFAULT), hex(path, ACCESS)]).toEqual([BLOB, BLOB]);
    const { ctimeMs } = statSync(path);
    expect(grantUser(path, 1001)).toBe(false);
    expect(statSync(path).ctimeMs).toBe(ctimeMs);
  });

  test("adds to an ACL that is there", () => {
    const path = directory();
    grantUser(path, 7);
    grantUser(path, 1001);
    const users = decodeAcl(getXattr(path, DEFAULT) ?? new Uint8Array()).filter(({ tag }) => tag === 2);
    expect(users.map(({ id }) => id)).toEqual([7, 1001]);
  });

  test.skipIf(!isRoot)("makes what root creates writable for the owner", () => {
    const path = directory();
    chownSync(path, 1234, 1234);
    grantUser(path, 1234);
    expect(hex(path, ACCESS)).toBe("");
    mkdirSync(join(path, "sub"));
    writeFileSync(join(path, "sub/file"), "from root\n");
    const append = spawnSync("/bin/sh", ["-c", 'echo more >> "$1/sub/file"', "sh", path], {
      uid: 1234,
      gid: 1234,
    });
    expect(append.stderr.toString()).toBe("");
    expect(append.status).toBe(0);
  });

  test("throws the errno where there are no ACLs", () => {
    expect(() => setXattr("/proc/self", DEFAULT, encodeAcl([]))).toThrow();
    expect(() => grantUser("/proc", 1001)).toThrow(/ENOTSUP|EOPNOTSUPP/);
  });
});
