import { beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootsBlock, withBlock } from "../../../src/features/shell/bashrc.ts";
import { writeShellEnvironment } from "../../../src/features/shell/step.ts";
import { awkward } from "../../env/awkward-fixture.ts";
import { bootContext } from "../context-fixture.ts";

const UBUNTU_BASHRC = '# ~/.bashrc\n[ -z "$PS1" ] && return\nMINE=1\n';
const DEBIAN_PROFILE = 'if [ "$BASH" ]; then\n  if [ -f ~/.bashrc ]; then\n    . ~/.bashrc\n  fi\nfi\n';

/** The account, and whoever else has files of the host. */
const HOST = 1234;

let root = "";
const path = (name: string) => join(root, name);
const mode = (name: string) => (statSync(path(name)).mode & 0o777).toString(8);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "shell-env-"));
  mkdirSync(path("root"));
  mkdirSync(path("workspace"));
  writeFileSync(path("root/.bashrc"), UBUNTU_BASHRC);
  writeFileSync(path("root/.profile"), DEBIAN_PROFILE);
});

/** Runs bash as root would get it; login shells see our profile.d in a mount namespace of their own. */
function bash(args: string[], env: Record<string, string> = {}, as: string[] = []) {
  const inside = `mount --bind "$0/etc/profile.d" /etc/profile.d &&
    { [ ! -e "$0/etc/bash.bashrc" ] || mount --bind "$0/etc/bash.bashrc" /etc/bash.bashrc; } && exec "$@"`;
  const result = spawnSync("unshare", ["-m", "/bin/sh", "-c", inside, root, ...as, "bash", ...args], {
    env: { HOME: path("root"), TERM: "dumb", PATH: "/usr/bin:/bin:/usr/sbin:/sbin", ...env },
    encoding: "utf8",
    cwd: "/",
  });
  const noise = /cannot set terminal process group|no job control|mesg: /;
  const stderr = result.stderr.split("\n").filter((line) => line !== "" && !noise.test(line));
  expect(stderr).toEqual([]);
  return result.stdout;
}

const environmentOf = (output: string) => new Set(output.split("\0"));

/** Stands for micromamba: its hook defines the function, its activation is seen in the environment. */
function fakeMicromamba() {
  const file = path("micromamba");
  const hook = `micromamba() { export CONDA_PREFIX="/envs/$2" PATH="/envs/$2/bin:$PATH"; }`;
  writeFileSync(file, `#!/bin/sh\ncat <<'EOF'\n${hook}\nEOF\n`);
  chmodSync(file, 0o755);
  return file;
}

const BLOCK = rootsBlock("/file");

describe("withBlock()", () => {
  test("puts one block at the top, however many there were", () => {
    const once = withBlock("rest\n", BLOCK);
    expect(once.endsWith("# <<< ai-dock <<<\nrest\n")).toBe(true);
    expect(withBlock(once, BLOCK)).toBe(once);
    expect(withBlock(`mine\n${once}${once}`, BLOCK)).toBe(withBlock("mine\nrest\nrest\n", BLOCK));
  });

  test("keeps what follows a block without its end", () => {
    expect(withBlock("# >>> ai-dock >>>\nmine\n", BLOCK)).toBe(withBlock("mine\n", BLOCK));
  });
});

describe("writeShellEnvironment()", () => {
  const boot = (env: Record<string, string> = {}) => {
    const context = bootContext(
      {},
      { PATH: "/opt/ai-dock/bin:/usr/bin:/bin", WORKSPACE: `${root}/workspace/`, ...env },
    );
    writeShellEnvironment(context, root);
    expect(context.lines).toEqual([]);
    return context;
  };

  test("writes secrets for root only, and the same at every boot", () => {
    const read = () => [".bashrc", ".profile"].map((name) => readFileSync(path(`root/${name}`), "utf8"));
    boot({ TOKEN: "secret" });
    const first = read();
    boot({ TOKEN: "secret" });
    expect(read()).toEqual(first);
    expect([mode("run/ai-dock/environment.sh"), mode("etc/profile.d/ai-dock.sh")]).toEqual(["600", "644"]);
    expect(readFileSync(path("etc/profile.d/ai-dock.sh"), "utf8")).not.toContain("secret");
    expect(first.join("")).not.toContain("secret");
  });

  describe.skipIf(process.getuid?.() !== 0)("keeps out of a home of the host:", () => {
    const bashrc = () => {
      const { uid, gid } = statSync(path("root/.bashrc"));
      return [readFileSync(path("root/.bashrc"), "utf8"), uid, gid, mode("root/.bashrc")];
    };

    test("one that is mounted", () => {
      expect(spawnSync("mount", ["--bind", path("root"), path("root")]).stderr.toString()).toBe("");
      try {
        boot();
      } finally {
        spawnSync("umount", [path("root")]);
      }
      expect(bashrc()[0]).toBe(UBUNTU_BASHRC);
      expect(readFileSync(path("etc/bash.bashrc"), "utf8")).toContain(path("run/ai-dock/environment.sh"));
    });

    test.each(["root", "root/.bashrc"])("/%s of another user", (name) => {
      chownSync(path(name), HOST, HOST);
      const before = bashrc();
      boot();
      boot();
      expect(bashrc()).toEqual(before);
      expect(readFileSync(path("etc/bash.bashrc"), "utf8").match(/>>> ai-dock >>>/g)).toHaveLength(1);
    });

    test("while a file of the image keeps its owner and mode", () => {
      mkdirSync(path("etc/profile.d"), { recursive: true });
      writeFileSync(path("etc/profile.d/ai-dock.sh"), "", { mode: 0o640 });
      chownSync(path("etc/profile.d/ai-dock.sh"), 0, HOST);
      boot();
      const { gid } = statSync(path("etc/profile.d/ai-dock.sh"));
      expect([gid, mode("etc/profile.d/ai-dock.sh")]).toEqual([HOST, "640"]);
    });
  });

  test("keeps every byte of a .bashrc that is no UTF-8", () => {
    const mine = Buffer.from("# caf\xE9 \xFF\nPS1='\xBB '\n", "latin1");
    writeFileSync(path("root/.bashrc"), mine);
    boot();
    boot();
    const now = readFileSync(path("root/.bashrc"));
    expect(now.subarray(-mine.byteLength)).toEqual(mine);
    expect(now.toString("latin1").match(/>>> ai-dock >>>/g)).toHaveLength(1);
  });

  test("warns once for what it cannot write", () => {
    const context = bootContext();
    writeShellEnvironment(context, "/proc");
    expect(context.lines).toHaveLength(4);
    expect(context.lines[0]).toStartWith('warn "/proc/run/ai-dock/environment.sh": ENOENT');
  });

  test("root's block of every shell and the account's are one, which goes with the account", () => {
    mkdirSync(path("etc"));
    chownSync(path("root"), HOST, HOST);
    writeFileSync(path("etc/passwd"), `me:x:${HOST}:${HOST}::/home/me:/bin/bash\n`);
    boot({ USER_NAME: "me" });
    const both = readFileSync(path("etc/bash.bashrc"), "utf8");
    boot({ USER_NAME: "me" });
    expect(readFileSync(path("etc/bash.bashrc"), "utf8")).toBe(both);
    expect(both.match(/>>> ai-dock >>>/g)).toHaveLength(1);
    boot();
    const roots = readFileSync(path("etc/bash.bashrc"), "utf8");
    expect([both, roots].map((text) => text.includes("account-environment.sh"))).toEqual([true, false]);
    expect([both, roots].map((text) => text.includes("/ai-dock/environment.sh"))).toEqual([true, true]);
  });

  const isPossible = process.getuid?.() === 0 && spawnSync("unshare", ["-m", "true"]).status === 0;
  describe.skipIf(!isPossible)("of the account reaches", () => {
    const as = (uid: number) => [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
    const setpriv = (uid: number) => ["setpriv", ...as(uid), "--"];
    beforeEach(() => {
      mkdirSync(path("etc"));
      mkdirSync(path("home"));
      chmodSync(root, 0o755);
      writeFileSync(path("etc/bash.bashrc"), '[ -z "$PS1" ] && return\nPS1="> "\n');
      writeFileSync(path("etc/passwd"), `me:x:${HOST}:${HOST}::/home/me:/bin/bash\n`);
    });

    test.each([["-ic"], ["-lc"], ["-lic"]])(
      "bash %s, but not root's, whom a file of others could lead",
      (flag) => {
        boot({ USER_NAME: "me" });
        for (const name of ["environment.sh", "account-environment.sh"]) {
          writeFileSync(path(`run/ai-dock/${name}`), "export LED=1\n");
          chownSync(path(`run/ai-dock/${name}`), HOST, HOST);
        }
        const env = { HOME: path("home") };
        expect(bash([flag, "echo ${LED-no}"], env)).toBe("no\n");
        expect(bash([flag, "echo ${LED-no}"], env, setpriv(HOST))).toBe("1\n");
      },
    );

    test.each([
      ["an interactive shell", ["-ic", "env -0"], {}],
      ["a login shell", ["-lc", "env -0"], {}],
      ["an interactive login shell", ["-lic", "env -0"], {}],
      ["ssh host command", ["-c", "env -0"], { SSH_CLIENT: "::1 1 2" }],
    ])("%s, byte for byte, and nobody else's", (_, args, env) => {
      boot({ ...awkward, USER_NAME: "me" });
      const home = { HOME: path("home"), ...env };
      const got = environmentOf(bash(args, home, setpriv(HOST)));
      const wanted = Object.entries(awkward).map(([name, value]) => `${name}=${value}`);
      expect(wanted.filter((pair) => !got.has(pair))).toEqual([]);
      expect(got.has("PATH=/opt/ai-dock/bin:/usr/bin:/bin")).toBe(true);
      const other = environmentOf(bash(args, home, setpriv(HOST + 1)));
      expect(wanted.filter((pair) => other.has(pair))).toEqual([]);
    });
  });

  describe.skipIf(!isPossible).each([
    ["reaches", 0],
    ["with the home of another user reaches", 1234],
  ])("%s", (_name, owner) => {
    beforeEach(() => {
      mkdirSync(path("etc"));
      writeFileSync(path("etc/bash.bashrc"), '[ -z "$PS1" ] && return\nPS1="> "\n');
      chownSync(path("root"), owner, owner);
    });

    test.each([
      ["an interactive shell", ["-ic", "env -0"], {}],
      ["a login shell", ["-lc", "env -0"], {}],
      ["an interactive login shell", ["-lic", "env -0"], {}],
      ["ssh host command", ["-c", "env -0"], { SSH_CLIENT: "::1 1 2" }],
    ])("%s, byte for byte", (_, args, env) => {
      boot(awkward);
      const got = environmentOf(bash(args, env));
      const wanted = Object.entries(awkward).map(([name, value]) => `${name}=${value}`);
      expect(wanted.filter((pair) => !got.has(pair))).toEqual([]);
      expect(got.has("PATH=/opt/ai-dock/bin:/usr/bin:/bin")).toBe(true);
    });

    test("the workspace, in the first interactive shell only", () => {
      boot();
      expect(bash(["-ic", "pwd; cd /; bash -ic pwd"])).toBe(`${root}/workspace\n/\n`);
      expect(bash(["-lic", "pwd"])).toBe(`${root}/workspace\n`);
      expect(bash(["-lc", "pwd"])).toBe("/\n");
    });

    test("nested shells without undoing what they were started with", () => {
      boot({ FOO: "boot" });
      expect(bash(["-ic", "FOO=mine bash -ic 'echo $FOO'"])).toBe("mine\n");
      expect(bash(["-ic", "FOO=mine bash -lc 'echo $FOO $PATH'"])).toBe(
        "mine /opt/ai-dock/bin:/usr/bin:/bin\n",
      );
    });

    test("functions of an image's lines, in interactive shells, and no variable that the caller has set", () => {
      mkdirSync(path("opt/ai-dock/etc"), { recursive: true });
      const lines = "use() { echo used $1; }\nexport FOO=stored\n";
      writeFileSync(path("opt/ai-dock/etc/environment.sh"), lines);
      boot({ FOO: "boot" });
      expect(bash(["-ic", "use $FOO; FOO=mine bash -ic 'use $FOO'"])).toBe("used boot\nused mine\n");
      expect(bash(["-lic", "use it"])).toBe("used it\n");
      expect(bash(["-lc", "declare -F use || echo none"])).toBe("none\n");
      writeFileSync(path("opt/ai-dock/etc/environment.sh"), `${lines}exec sleep 1000\n`);
      boot();
      expect(bash(["-ic", "declare -F use || echo in"])).toBe("in\n");
      writeFileSync(path("opt/ai-dock/etc/environment.sh"), "export FOO='stored'\n");
      boot();
      for (const bashrc of ["root/.bashrc", "etc/bash.bashrc"])
        expect(readFileSync(path(bashrc), "utf8")).not.toContain("declare -f");
    });

    test("micromamba's environment, also where /etc/profile has reset PATH", () => {
      boot({ MAMBA_EXE: fakeMicromamba(), MAMBA_DEFAULT_ENV: "py" });
      expect(bash(["-ic", "echo $PATH; bash -ic 'echo $PATH'; bash -lic 'echo $PATH'"])).toBe(
        "/envs/py/bin:/opt/ai-dock/bin:/usr/bin:/bin\n".repeat(3),
      );
      expect(bash(["-lc", "echo $PATH"])).toBe("/opt/ai-dock/bin:/usr/bin:/bin\n");
    });
  });
});
