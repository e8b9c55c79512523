import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accountOf } from "../../../src/features/account/account.ts";
import { namedByFile } from "../../../src/features/account/named.ts";
import { makeAccount } from "../../../src/features/account/step.ts";
import { crypt } from "../../../src/sys/libc.ts";
import { bootContext } from "../context-fixture.ts";

const PASSWD = `root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
`;
const GROUP = "root:x:0:\nsudo:x:27:\nvideo:x:44:\nshadow:x:42:\nextra:x:500:";

/** A root directory with account files, and boots in it. */
function place(passwd = PASSWD) {
  const root = mkdtempSync(join(tmpdir(), "account-"));
  for (const folder of ["etc/sudoers.d", "usr/bin", "var/log"])
    mkdirSync(join(root, folder), { recursive: true });
  const path = (file: string) => join(root, file);
  writeFileSync(path("etc/passwd"), passwd);
  writeFileSync(path("etc/group"), GROUP);
  writeFileSync(path("etc/shadow"), "root:*:1::::::\n", { mode: 0o640 });
  return {
    path,
    read: (file: string) => readFileSync(path(file), "utf8"),
    installSudo() {
      writeFileSync(path("usr/bin/sudo"), "");
      chmodSync(path("usr/bin/sudo"), 0o755);
    },
    async boot(settings: Record<string, string> = {}, env: Record<string, string> = {}) {
      const context = bootContext(settings, { ...settings, ...env });
      const result = await makeAccount(context, root);
      return { ...context, result, account: accountOf(context.env, root) };
    },
  };
}

const workspace = (uid: number, gid = uid) => ({ WORKSPACE_UID: String(uid), WORKSPACE_GID: String(gid) });

describe.skipIf(process.getuid?.() !== 0)("makeAccount()", () => {
  test("nothing names an account: none is made, none exported", async () => {
    const at = place();
    const { env, result } = await at.boot();
    expect([result, env["USER_NAME"], at.read("etc/passwd")]).toEqual([undefined, undefined, PASSWD]);
  });

  test("one with the ids of the workspace's owner, and the groups there are", async () => {
    const at = place();
    const { env, lines, account } = await at.boot({ USER_GROUPS: ",extra nosuch" }, workspace(1234, 4321));
    expect(env["USER_NAME"]).toBe("user");
    expect(account).toMatchObject({ name: "user", uid: 1234, gid: 4321, home: "/home/user" });
    expect(account?.groups).toEqual([4321, 27, 44, 500, 1111]);
    expect(at.read("etc/passwd")).toBe(`${PASSWD}user:x:1234:4321::/home/user:/bin/bash\n`);
    expect(at.read("etc/shadow")).toContain("\nuser:*:");
    expect(statSync(at.path("home/user")).uid).toBe(1234);
    expect(lines).toEqual(['warn USER_GROUPS: expected groups of /etc/group, got "nosuch"; left out']);
  });

  test("a second boot changes nothing; one with another owner of the workspace all that is the account's", async () => {
    const at = place();
    const files = ["etc/passwd", "etc/group", "etc/shadow"];
    await at.boot({ USER_NAME: "me" }, workspace(1234, 4321));
    const before = files.map((file) => [at.read(file), statSync(at.path(file)).ino]);
    await at.boot({ USER_NAME: "me" }, workspace(1234, 4321));
    expect(files.map((file) => [at.read(file), statSync(at.path(file)).ino])).toEqual(before);
    writeFileSync(at.path("home/me/file"), "");
    chownSync(at.path("home/me/file"), 1234, 4321);
    const { account, lines } = await at.boot({ USER_NAME: "me" }, workspace(77, 78));
    expect(account).toMatchObject({ uid: 77, gid: 78 });
    expect(at.read("etc/group")).toContain("\nme:x:78:\n");
    expect(["home/me", "home/me/file"].map((file) => statSync(at.path(file)).uid)).toEqual([77, 77]);
    expect(lines).toEqual([]);
  });

  test("a boot that is killed while the home gets another owner goes on with the next one", async () => {
    const at = place();
    await at.boot({ USER_NAME: "me" }, workspace(1234));
    for (let file = 0; file < 20_000; file++) writeFileSync(at.path(`home/me/${file}`), "");
    spawnSync("chown", ["-R", "1234:1234", at.path("home/me")]);
    const [first = ""] = readdirSync(at.path("home/me"));
    const owner = (file: string) => statSync(at.path(`home/me/${file}`)).uid;
    const boot = Bun.spawn([process.execPath, `${import.meta.dir}/boot-fixture.ts`, at.path(""), "77"]);
    while (owner(first) !== 77 && boot.exitCode === null);
    boot.kill("SIGKILL");
    await boot.exited;
    expect(statSync(at.path("home/me")).uid).toBe(1234);
    const { account, lines } = await at.boot({ USER_NAME: "me" }, workspace(77));
    expect([account?.uid, lines]).toEqual([77, []]);
    expect(new Set([".", ...readdirSync(at.path("home/me"))].map(owner))).toEqual(new Set([77]));
  });

  test("account files stay as they are where the disk cannot keep new ones", async () => {
    const at = place();
    const fixture = `${import.meta.dir}/../../fixtures/failing-call-fixture.ts`;
    const boot = [process.execPath, `${import.meta.dir}/boot-fixture.ts`, at.path(""), "77"];
    const { exitCode, stderr } = Bun.spawnSync([process.execPath, fixture, "fsync", ...boot]);
    expect([exitCode, String(stderr)]).toEqual([1, expect.stringContaining("EIO")]);
    expect(["etc/passwd", "etc/group"].map(at.read)).toEqual([PASSWD, GROUP]);
    expect(readdirSync(at.path("etc")).toSorted()).toEqual(["group", "passwd", "shadow", "sudoers.d"]);
  });

  test("the owner and the mode of the account files stay", async () => {
    const at = place();
    chownSync(at.path("etc/shadow"), 0, 42);
    await at.boot({ USER_NAME: "me" });
    const { uid, gid, mode } = statSync(at.path("etc/shadow"));
    expect([uid, gid, mode & 0o7777]).toEqual([0, 42, 0o640]);
  });

  test("an account of the system is refused; user is made instead", async () => {
    const at = place(`${PASSWD}games2:x:5:60:games:/usr/games:/usr/sbin/nologin\n`);
    const { env, lines } = await at.boot({ USER_NAME: "games2" });
    expect(env["USER_NAME"]).toBe("user");
    expect(lines).toEqual([
      'warn USER_NAME: expected a name that no account of the system has, got "games2"; using user',
    ]);
    expect(at.read("etc/passwd")).toContain("games2:x:5:60:games:/usr/games:/usr/sbin/nologin\n");
  });

  test("the account of a person in the image is taken, with a shell and without an empty password", async () => {
    const at = place(`${PASSWD}me:x:1500:1500:Me:/data/me:/usr/sbin/nologin\n`);
    writeFileSync(at.path("etc/shadow"), "me::1::::::\n");
    const { account } = await at.boot({ USER_NAME: "me" });
    expect(account).toMatchObject({ uid: 1500, gid: 1500, home: "/data/me", shell: "/bin/bash" });
    expect(at.read("etc/shadow")).toBe("me:*:1::::::\n");
    expect(existsSync(at.path("data/me"))).toBe(false);
  });

  test("the groups of GPU nodes come by the host's numbers, but none that guards passwords", async () => {
    const at = place();
    mkdirSync(at.path("dev/dri"), { recursive: true });
    for (const [node, gid] of [
      ["renderD128", 993],
      ["renderD129", 42],
      ["card0", 555],
    ] as const) {
      writeFileSync(at.path(`dev/dri/${node}`), "");
      chownSync(at.path(`dev/dri/${node}`), 0, gid);
    }
    const { account, result } = await at.boot({ USER_NAME: "me" });
    expect(account?.groups).toEqual([1000, 27, 44, 993, 1111]);
    expect(at.read("etc/group")).toContain("gpu-993:x:993:me\n");
    expect(result?.fields).toMatchObject({ name: "me", for: "USER_NAME" });
  });

  test("an account of the image with the same uid stays, behind ours", async () => {
    const ubuntu = "ubuntu:x:1000:1000:Ubuntu:/home/ubuntu:/bin/bash\n";
    const at = place(`${PASSWD}${ubuntu}`);
    await at.boot({ USER_NAME: "me" });
    expect(at.read("etc/passwd")).toBe(`${PASSWD}me:x:1000:1000::/home/me:/bin/bash\n${ubuntu}`);
  });

  test("USER_PASSWORD sets one, which is in no line of the log", async () => {
    const at = place();
    const { lines, result } = await at.boot({ USER_PASSWORD: "s3cret words" });
    const hash = /^user:([^:]+):/m.exec(at.read("etc/shadow"))?.[1] ?? "";
    expect(crypt("s3cret words", hash)).toBe(hash);
    expect(JSON.stringify([lines, result])).not.toContain("s3cret");
  });

  test("sudo without a password is the compat flavour's, and is taken back elsewhere", async () => {
    const at = place();
    const rule = at.path("etc/sudoers.d/ai-dock");
    await at.boot({}, { AI_DOCK_FLAVOUR: "compat" });
    expect(existsSync(rule)).toBe(false);
    at.installSudo();
    await at.boot({}, { AI_DOCK_FLAVOUR: "compat", ...workspace(1234) });
    expect(statSync(rule).mode & 0o7777).toBe(0o440);
    expect(readFileSync(rule, "utf8")).toContain("#1234 ALL=(ALL:ALL) NOPASSWD: ALL\n");
    if (existsSync("/usr/sbin/visudo")) expect(spawnSync("/usr/sbin/visudo", ["-cf", rule]).status).toBe(0);
    await at.boot({ USER_NAME: "user" }, workspace(1234));
    expect(existsSync(rule)).toBe(false);
    await at.boot({}, { AI_DOCK_FLAVOUR: "compat", ...workspace(1234) });
    await at.boot();
    expect(existsSync(rule)).toBe(false);
  });
});

test.each([
  ["a drop-in", "conf.d/a.conf", "[program:a]\nuser=$USER_NAME\n", true],
  ["a reference of supervisord", "conf.d/a.conf", "user=%(ENV_USER_NAME)s\n", true],
  ["a hook", "bin/preflight.d/1.sh", 'chown "${USER_NAME}" x\n', true],
  ["a provisioning script", "bin/provisioning.sh", "echo $USER_NAME\n", true],
  ["another variable", "conf.d/a.conf", "user=$USER_NAMES\n", false],
  ["a word", "bin/preflight.sh", "# USER_NAME\n", false],
])("namedByFile() of %s", (_, file, text, expected) => {
  const folder = mkdtempSync(join(tmpdir(), "named-"));
  for (const name of ["conf.d", "bin/preflight.d"]) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, file), text);
  const folders = { dropIns: [`${folder}/conf.d/*.conf`], hooks: `${folder}/bin` };
  expect(namedByFile({}, folders)).toBe(expected ? join(folder, file) : undefined);
});

test.each(["root", "sshd", "nobody", "1000", "-x", "a:b", "a b", "a\nb", "../x", "x".repeat(33), "$USER"])(
  "USER_NAME=%j is no name",
  (name) => {
    expect(() => bootContext({ USER_NAME: name })).toThrow("USER_NAME: expected a name of letters");
  },
);
