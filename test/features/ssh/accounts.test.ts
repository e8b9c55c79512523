import { beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureAccounts, missingRootShell } from "../../../src/features/ssh/accounts.ts";

const ROOT = "root:x:0:0:root:/root:/bin/bash\n";
const SSHD = "sshd:x:991:65534::/run/sshd:/usr/sbin/nologin\n";

let folder = "";
let files = { passwd: "", copy: "" };
const read = (path = files.passwd) => readFileSync(path, "latin1");
const give = (text: string) => writeFileSync(files.passwd, text, "latin1");

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "accounts-"));
  files = { passwd: join(folder, "passwd"), copy: join(folder, "copy") };
});

describe("ensureAccounts() gives the image's own file a user sshd", () => {
  test("behind its last line, also where that has no end", () => {
    give(`${ROOT}caf\xE9:x:1000:1000::/:/bin/sh`);
    expect(ensureAccounts(files)).toBeUndefined();
    expect(read()).toBe(`${ROOT}caf\xE9:x:1000:1000::/:/bin/sh\n${SSHD}`);
    expect(ensureAccounts(files)).toBeUndefined();
    expect(read().match(/^sshd:/gm)).toHaveLength(1);
  });

  test("with an id that nobody has", () => {
    give(`${ROOT}one:x:991:991::/:/bin/sh\ntwo:x:990:990::/:/bin/sh\n`);
    expect(ensureAccounts(files)).toBeUndefined();
    expect(read()).toContain(SSHD.replace("991", "989"));
  });
});

test.each([
  ["/bin/bash", undefined],
  ["/no/such/shell", "/no/such/shell"],
  ["/etc", "/etc"],
  // For sshd that is /bin/sh.
  ["", undefined],
])("missingRootShell() of %p is %p", (shell, missing) => {
  give(ROOT.replace("/bin/bash", shell));
  expect(missingRootShell(files.passwd)).toBe(missing);
});

/** What only a process that may mount can do; each test has the mount of its own folder. */
const canMount = process.getuid?.() === 0 && spawnSync("unshare", ["-m", "true"]).status === 0;

describe.skipIf(!canMount)("ensureAccounts() leaves a mounted file as it is", () => {
  const HOST = `${ROOT.replace("/bin/bash", "/no/such/zsh")}caf\xE9:x:991:991::/:/bin/sh`;

  test("and mounts a copy over it that lets root in", () => {
    const host = join(folder, "host");
    writeFileSync(host, HOST, "latin1");
    give("");
    expect(spawnSync("mount", ["--bind", host, files.passwd]).stderr.toString()).toBe("");
    try {
      expect(ensureAccounts(files)).toBeUndefined();
      expect(read()).toBe(`${ROOT}caf\xE9:x:991:991::/:/bin/sh\n${SSHD.replace("991", "990")}`);
      expect(statSync(files.passwd).mode & 0o777).toBe(0o644);
      const { ino } = statSync(files.passwd);
      expect(ensureAccounts(files)).toBeUndefined();
      expect(statSync(files.passwd).ino).toBe(ino);
    } finally {
      spawnSync("umount", [files.passwd]);
      spawnSync("umount", [files.passwd]);
    }
    expect(readFileSync(host, "latin1")).toBe(HOST);
  });

  test("or says in one line what is missing and what to do", () => {
    const host = join(folder, "host");
    writeFileSync(host, HOST, "latin1");
    give("");
    expect(spawnSync("mount", ["--bind", host, files.passwd]).stderr.toString()).toBe("");
    try {
      const reason = ensureAccounts({ ...files, copy: "/proc/copy" });
      expect(reason).toContain(
        'has no user "sshd" and gives root the shell "/no/such/zsh", which is not here',
      );
      expect(reason).toContain("--cap-add SYS_ADMIN");
      expect(reason).not.toContain("\n");
    } finally {
      spawnSync("umount", [files.passwd]);
    }
    expect(readFileSync(host, "latin1")).toBe(HOST);
    expect(existsSync(files.copy)).toBe(false);
  });
});
