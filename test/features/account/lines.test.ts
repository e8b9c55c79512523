import { describe, expect, test } from "bun:test";
import { passwordHash } from "../../../src/features/account/password.ts";
import { chooseIds } from "../../../src/features/account/ids.ts";
import {
  ensureGroup,
  joinGroups,
  setPasswdLine,
  setPrimaryGroup,
  setShadowLine,
} from "../../../src/features/account/lines.ts";
import { crypt } from "../../../src/sys/libc.ts";

const parse = (text: string) => text.split(" ").map((line) => line.split(":"));
const show = (lines: string[][]) => lines.map((line) => line.join(":")).join(" ");
const changed = (text: string, change: (lines: string[][]) => unknown) => {
  const lines = parse(text);
  change(lines);
  return show(lines);
};

const ROOT = "root:x:0:0::/root:/bin/bash";
const UBUNTU = "ubuntu:x:1000:1000:Ubuntu:/home/ubuntu:/bin/bash";
const user = { name: "user", uid: 1000, gid: 1000, home: "/home/user", shell: "/bin/bash" };
const USER = "user:x:1000:1000::/home/user:/bin/bash";

describe("setPasswdLine()", () => {
  test.each([
    ["a new account comes last", ROOT, `${ROOT} ${USER}`],
    ["and before another one with its uid", `${ROOT} ${UBUNTU}`, `${ROOT} ${USER} ${UBUNTU}`],
    ["an account that is right stays", `${ROOT} ${USER} ${UBUNTU}`, `${ROOT} ${USER} ${UBUNTU}`],
    ["one behind that other moves", `${ROOT} ${UBUNTU} ${USER}`, `${ROOT} ${USER} ${UBUNTU}`],
    [
      "a new uid; password and comment stay",
      `${ROOT} user:*:1234:4321:Me:/home/user:/bin/sh`,
      `${ROOT} user:*:1000:1000:Me:/home/user:/bin/bash`,
    ],
    ["an empty password goes", `${ROOT} user::1000:1000::/home/user:/bin/sh`, `${ROOT} ${USER}`],
  ])("%s", (_, before, after) => {
    expect(changed(before, (lines) => setPasswdLine(lines, user))).toBe(after);
  });
});

describe("setPrimaryGroup()", () => {
  test.each([
    ["a new group", "root:x:0:", undefined, "root:x:0: user:x:1000:"],
    ["the gid has a name", "ubuntu:x:1000:", undefined, "ubuntu:x:1000:"],
    ["the group of an earlier boot", "user:x:1234:a", 1234, "user:x:1000:a"],
    ["a group of that name which is another's", "user:x:50:", 1234, "user:x:50: user-1000:x:1000:"],
  ])("%s", (_, before, former, after) => {
    expect(changed(before, (lines) => setPrimaryGroup(lines, user, former))).toBe(after);
  });
});

test("joinGroups() adds once, by name or gid, and names what is not there", () => {
  const lines = parse("root:x:0: video:x:44:bob render:x:105:user users:x:1000:");
  expect(joinGroups(lines, user, ["video", "video", "105", "1000", "nosuch"])).toEqual(["nosuch"]);
  expect(show(lines)).toBe("root:x:0: video:x:44:bob,user render:x:105:user users:x:1000:");
});

test.each([
  ["root:x:0:", "root:x:0: ai-dock:x:1111:"],
  ["ai-dock:x:7:", "ai-dock:x:7:"],
  ["other:x:1111:", "other:x:1111: ai-dock:x:1000:"],
])("ensureGroup() of %p", (before, after) => {
  expect(changed(before, (lines) => ensureGroup(lines, "ai-dock", 1111))).toBe(after);
});

describe("setShadowLine()", () => {
  test.each(["user:!:1::::::", "user:!*:1::::::", "user::1::::::", "user:*:1::::::", "user:!!:1::::::"])(
    "%p is locked for passwords only",
    (before) => {
      expect(changed(before, (lines) => setShadowLine(lines, "user", undefined))).toBe("user:*:1::::::");
    },
  );

  test("a hash stays without a password, and goes with one", () => {
    const before = "user:$6$a$b:1::::::";
    expect(changed(before, (lines) => setShadowLine(lines, "user", undefined))).toBe(before);
    expect(changed(before, (lines) => setShadowLine(lines, "user", "$y$x"))).toBe("user:$y$x:1::::::");
  });

  test("a new line wants no other password at the next login", () => {
    expect(changed("root:*:1::::::", (lines) => setShadowLine(lines, "user", undefined))).toMatch(
      / user:\*:\d{5}:0:99999:7:::$/,
    );
  });
});

describe("chooseIds()", () => {
  const passwd = parse(`${ROOT} sshd:x:991:65534::/run/sshd:/usr/sbin/nologin`);
  const group = parse("root:x:0: shadow:x:42: staff:x:50: users:x:100:");
  const choose = (uid: number, gid: number, current?: { uid: number; gid: number }) =>
    chooseIds({ uid, gid }, current, passwd, group);
  test.each([
    ["the workspace's owner", [1234, 4321], undefined, { uid: 1234, gid: 4321 }],
    ["low ids of a NAS", [99, 100], undefined, { uid: 99, gid: 100 }],
    ["1000 where that is root", [0, 0], undefined, { uid: 1000, gid: 1000 }],
    ["what the account has where that is root", [0, 0], { uid: 7, gid: 8 }, { uid: 7, gid: 8 }],
    ["the workspace's before that", [1234, 4321], { uid: 7, gid: 8 }, { uid: 1234, gid: 4321 }],
    ["never the group of passwords", [1234, 42], undefined, { uid: 1234, gid: 1000 }],
    ["nor one that may write what root runs", [1234, 50], undefined, { uid: 1234, gid: 1000 }],
    ["nobody is nobody", [65_534, 65_534], undefined, { uid: 1000, gid: 1000, problem: "nobody" }],
    ["not sshd's", [991, 5], undefined, { uid: 1000, gid: 5, problem: "the user of sshd" }],
  ] as const)("%s", (_, [uid, gid], current, expected) => {
    expect(choose(uid, gid, current)).toEqual(expected);
  });

  test.skipIf(process.getuid?.() !== 0)("not the portal's, whose sockets open the container", () => {
    expect(choose(61_902, 61_902)).toEqual({ uid: 1000, gid: 61_902, problem: "a user of the portal" });
  });
});

test("passwordHash() is crypt(3)'s, and stays while the password does", () => {
  const warn = (message: string) => expect.unreachable(message);
  const hash = passwordHash("correct horse", undefined, warn) ?? "";
  expect(crypt("correct horse", hash)).toBe(hash);
  expect(crypt("wrong", hash)).not.toBe(hash);
  expect(passwordHash("correct horse", hash, warn)).toBe(hash);
  expect(passwordHash("another", hash, warn)).not.toBe(hash);
  expect(passwordHash("correct horse", "*", warn)).not.toBe(hash);
  // As openssl passwd -6 makes it.
  const known =
    "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1";
  expect(crypt("Hello world!", known)).toBe(known);
});
