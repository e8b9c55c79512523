import { beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { withLines } from "../../../src/features/shell/block.ts";
import { writeShellEnvironment } from "../../../src/features/shell/step.ts";
import { bootContext } from "../context-fixture.ts";

const IMAGE_FILE = readFileSync(join(import.meta.dir, "../../../src/features/shell/environment.sh"), "utf8");
const ACCOUNT = { uid: 1234, gid: 2345 };

let root = "";
const path = (name: string) => join(root, name);
const file = () => path("opt/ai-dock/etc/environment.sh");

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sourced-"));
  chmodSync(root, 0o755);
  mkdirSync(dirname(file()), { recursive: true });
  mkdirSync(path("root"));
  mkdirSync(path("etc"));
  writeFileSync(path("etc/passwd"), `user:x:${ACCOUNT.uid}:${ACCOUNT.gid}::/home/user:/bin/bash\n`);
});

/** A boot with these variables; the lines that it logs. */
function boot(env: Record<string, string> = {}): string[] {
  const context = bootContext({}, { PATH: "/opt/ai-dock/bin:/usr/bin:/bin", USER_NAME: "user", ...env });
  writeShellEnvironment(context, root);
  return context.lines;
}

const append = (text: string) => appendFileSync(file(), text);

/** What a script prints that sources the file first. */
function sourcing(script: string, { as, env = {}, shell = "bash" }: Sourcing = {}): string {
  const user =
    as === undefined ? [] : ["setpriv", `--reuid=${as.uid}`, `--regid=${as.gid}`, "--clear-groups"];
  const [program, ...words] = [...user, shell, "-eu", "-c", `. "$0"; ${script}`, file()];
  const { stdout, stderr, status } = spawnSync(program, words, {
    env: { PATH: "/usr/bin:/bin", ...env },
    encoding: "utf8",
    cwd: "/",
  });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return stdout;
}

interface Sourcing {
  as?: { uid: number; gid: number };
  env?: Record<string, string>;
  shell?: string;
}

describe("the file that scripts of images source", () => {
  test("is what the image has, and a boot does not write to it", () => {
    writeFileSync(
      file(),
      withLines("export MINE=1\n", { file: file(), environment: path("run/ai-dock/environment.sh") }),
    );
    const before = statSync(file());
    expect(boot()).toEqual([]);
    expect([statSync(file()).ino, statSync(file()).mtimeMs]).toEqual([before.ino, before.mtimeMs]);
    const standard = { file: "/opt/ai-dock/etc/environment.sh", environment: "/run/ai-dock/environment.sh" };
    expect(withLines("", standard)).toBe(IMAGE_FILE);
  });

  test.each([
    ["is missing", () => undefined, ""],
    ["is a link, as in older images", () => symlinkSync("/run/ai-dock-is-not-there/x", file()), ""],
    ["is the image's own", () => writeFileSync(file(), "export MINE=1\n"), "1"],
  ])("is made where it %s", (_what, prepare, mine) => {
    prepare();
    expect(boot({ FOO: "boot" })).toEqual([]);
    expect(sourcing('echo "$FOO ${MINE-}"')).toBe(`boot ${mine}\n`);
  });

  test("has nothing but its lines while an image is built", () => {
    writeFileSync(file(), withLines("", { file: file(), environment: path("run/ai-dock/environment.sh") }));
    append("use() { echo used; }\n");
    expect(sourcing("use; env", { env: { FOO: "image" } })).toMatch(/^used\n(?=[^]*^FOO=image$)/m);
  });
});

describe.skipIf(process.getuid?.() !== 0).each([
  ["root", undefined],
  ["the account", ACCOUNT],
])("a script of %s that sources the file", (_who, as) => {
  test("gets the boot environment and the functions of the lines, in any shell and again", () => {
    boot({ FOO: "it's $(id) `x`", TOKEN: "secret" });
    append('use() { echo "used $1"; }\nexport FOO=stored LATER=1\n[ -s /none ] && . /none\n');
    for (const shell of ["bash", "dash"]) {
      const script = 'use it; printf "%s\\n" "$FOO" "$TOKEN" "$LATER" "$PATH"';
      expect(sourcing(script, as === undefined ? { shell } : { shell, as })).toBe(
        "used it\nit's $(id) `x`\nsecret\n1\n/opt/ai-dock/bin:/usr/bin:/bin\n",
      );
    }
    const again = `export FOO=changed; . "$0"; . "$0"; printf %s "$FOO \${AI_DOCK_LINES-} \${ai_dock_first-}"`;
    expect(sourcing(again, as === undefined ? {} : { as })).toBe("it's $(id) `x`  ");
  });
});

describe.skipIf(process.getuid?.() !== 0)("the boot environment", () => {
  const OTHER = { uid: 4321, gid: 4321 };

  test("of a program of another user is what the program was started with, beside functions", () => {
    boot({ FOO: "boot" });
    append('use() { echo used; }\nexport FOO=stored PATH="/x:$PATH" LATER=1\n');
    const env = { FOO: "it's $(id)\nexport FOO=no", PATH: "/usr/bin:/bin" };
    for (const shell of ["bash", "dash"]) {
      const script = 'use; printf "%s|" "$FOO" "$PATH" "$LATER" "${AI_DOCK_LINES-}"';
      // As most scripts do; what they change there is no variable of the function.
      const inFunction = `start() { . "$0"; }; start; ${script}`;
      for (const sourced of [script, inFunction])
        expect(sourcing(sourced, { as: OTHER, env, shell })).toBe(`used\n${env.FOO}|/usr/bin:/bin|1||`);
    }
  });

  test("is for root and the account alone", () => {
    boot({ TOKEN: "secret" });
    const { mode, uid, gid } = statSync(path("run/ai-dock/account-environment.sh"));
    expect([(mode & 0o777).toString(8), uid, gid]).toEqual(["640", 0, ACCOUNT.gid]);
    expect(sourcing('printf %s "${TOKEN-none}"', { as: OTHER })).toBe("none");
  });

  test("is not what another user has put there, for root", () => {
    boot();
    for (const name of ["environment.sh", "account-environment.sh"]) {
      writeFileSync(path(`run/ai-dock/${name}`), "export LED=1\n");
      chownSync(path(`run/ai-dock/${name}`), OTHER.uid, OTHER.gid);
    }
    expect(sourcing('printf %s "${LED-no}"')).toBe("no");
  });

  test.each([["root"], ["nobody-of-that-name"], [""]])("is for root alone without an account: %p", (name) => {
    boot();
    boot({ USER_NAME: name });
    expect(spawnSync("ls", [path("run/ai-dock")]).stdout.toString()).toBe("environment.sh\n");
  });
});
