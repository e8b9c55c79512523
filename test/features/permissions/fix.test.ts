import { beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fixContainer, fixWorkspace } from "../../../src/features/permissions/fix.ts";
import { changeTree } from "../../../src/features/permissions/tree.ts";

const GROUP = 1111;
let root = "";
const path = (name: string) => join(root, name);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "permissions-"));
  mkdirSync(path("opt"));
  mkdirSync(path("root"));
  mkdirSync(path("etc"));
});

function file(name: string, mode: number, { uid = 0, gid = 0 } = {}): void {
  mkdirSync(dirname(path(name)), { recursive: true });
  writeFileSync(path(name), "");
  chownSync(path(name), uid, gid);
  chmodSync(path(name), mode);
}

/** `MODE UID:GID` of an entry itself. */
function show(name: string): string {
  const { mode, uid, gid } = lstatSync(path(name));
  return `${(mode & 0o7777).toString(8)} ${uid}:${gid}`;
}

const fix = (all = false) =>
  fixContainer({ all, opt: path("opt"), etc: path("etc"), home: path("root") }).map(({ changes }) => changes);

describe.skipIf(process.getuid?.() !== 0)("fixContainer()", () => {
  test("gives apps to the group: folders to write to and to inherit it, files as their modes say", () => {
    file("opt/app/main.py", 0o664);
    file("opt/app/bin/run", 0o755, { uid: 501, gid: 20 });
    file("opt/app/secret", 0o600);
    symlinkSync("main.py", path("opt/app/link"));
    const [opt] = fix();
    expect(opt).toEqual({ changed: 7, failed: [] });
    expect(["opt/app", "opt/app/bin"].map(show)).toEqual(["2775 0:1111", "2775 0:1111"]);
    expect(["opt/app/main.py", "opt/app/bin/run", "opt/app/secret"].map(show)).toEqual([
      "664 0:1111",
      "755 501:1111",
      "600 0:1111",
    ]);
    expect(lstatSync(path("opt/app/link")).gid).toBe(GROUP);
    expect(fix().map(({ changed }) => changed)).toEqual([0, 0, 0]);
  });

  test("leaves alone what root runs, and nobody can rename that; the compat flavour opens it, too", () => {
    for (const name of [
      "ai-dock/bin/init.sh",
      "ai-dock/etc/environment.sh",
      "micromamba/bin/micromamba",
      "nvm/nvm.sh",
      "caddy/share/service_config_1",
    ])
      file(`opt/${name}`, 0o755);
    file("opt/ai-dock/api-wrapper/main.py", 0o644);
    fix();
    const closed = [
      "ai-dock/bin",
      "ai-dock/bin/init.sh",
      "ai-dock/etc",
      "micromamba/bin",
      "nvm",
      "nvm/nvm.sh",
      "caddy/share",
      "caddy/share/service_config_1",
    ];
    expect(closed.map((name) => show(`opt/${name}`))).toEqual(closed.map(() => "755 0:0"));
    expect(["opt", "opt/ai-dock", "opt/micromamba"].map(show)).toEqual(Array(3).fill("3775 0:1111"));
    expect(show("opt/ai-dock/api-wrapper")).toBe("2775 0:1111");
    fix(true);
    expect(show("opt/ai-dock/bin")).toBe("2775 0:1111");
    expect(show("opt/ai-dock/bin/init.sh")).toBe("755 0:1111");
  });

  test("closes what root runs or reads where COPY has opened it", () => {
    const opened = ["opt/ai-dock/bin", "opt/ai-dock/bin/preflight.d", "etc", "etc/supervisor/conf.d"];
    file("opt/ai-dock/bin/preflight.d/10-app.sh", 0o664, { gid: GROUP });
    file("etc/supervisor/conf.d/app.conf", 0o664, { gid: GROUP });
    file("etc/of-another-group", 0o664, { gid: 5 });
    for (const name of opened) {
      chownSync(path(name), 0, GROUP);
      chmodSync(path(name), 0o775);
    }
    const files = ["opt/ai-dock/bin/preflight.d/10-app.sh", "etc/supervisor/conf.d/app.conf"];
    fix(true);
    expect(files.map(show)).toEqual(files.map(() => "664 0:1111"));
    fix();
    expect(opened.map(show)).toEqual(["2755 0:1111", "2755 0:1111", "755 0:1111", "755 0:1111"]);
    expect(files.map(show)).toEqual(files.map(() => "644 0:1111"));
    expect(show("etc/of-another-group")).toBe("664 0:5");
  });

  test("follows no link and no other name of a file out of the tree", () => {
    file("outside/folder/file", 0o644);
    file("outside/shadow", 0o640);
    file("outside/public", 0o644);
    mkdirSync(path("opt/app"));
    symlinkSync(path("outside/folder"), path("opt/app/folder"));
    symlinkSync(path("outside/shadow"), path("opt/app/file"));
    linkSync(path("outside/shadow"), path("opt/app/shadow"));
    linkSync(path("outside/public"), path("opt/app/public"));
    fix();
    expect(["folder", "folder/file", "shadow"].map((name) => show(`outside/${name}`))).toEqual([
      "755 0:0",
      "644 0:0",
      "640 0:0",
    ]);
    // The group may do with it what everybody may.
    expect(show("outside/public")).toBe("644 0:1111");
  });

  test("leaves a program that lends rights as it is", () => {
    file("opt/app/sandbox", 0o4755);
    fix();
    expect(show("opt/app/sandbox")).toBe("4755 0:0");
  });

  test("takes root's home back from the group, in which sshd would trust no key", () => {
    chownSync(path("root"), 0, GROUP);
    file("root/.ssh/authorized_keys", 0o600, { gid: GROUP });
    file("root/other", 0o600, { gid: 5 });
    fix();
    expect(["root", "root/.ssh/authorized_keys", "root/other"].map(show)).toEqual([
      "755 0:0",
      "600 0:0",
      "600 0:5",
    ]);
  });
});

describe.skipIf(process.getuid?.() !== 0)("fixWorkspace()", () => {
  test("gives everything to the owner, and folders to the group", () => {
    file("workspace/app/model", 0o600);
    file("workspace/mine", 0o640, { uid: 1000, gid: 7 });
    symlinkSync("/etc/passwd", path("workspace/app/link"));
    const [{ changes } = { changes: undefined }] = fixWorkspace(path("workspace"), { uid: 1000, gid: 100 });
    expect(changes).toEqual({ changed: 4, failed: [] });
    expect(["", "app", "app/model", "mine"].map((name) => show(`workspace/${name}`))).toEqual([
      "2775 1000:100",
      "2775 1000:100",
      "600 1000:100",
      "640 1000:7",
    ]);
    expect(lstatSync(path("workspace/app/link")).uid).toBe(1000);
    expect(lstatSync("/etc/passwd").uid).toBe(0);
  });
});

test.skipIf(process.getuid?.() !== 0)("changeTree() names what it cannot change, and goes on", () => {
  file("opt/read-only/file", 0o644);
  file("opt/z", 0o644);
  const mount = (...words: string[]) => spawnSync("mount", [...words, path("opt/read-only")]).status;
  expect(mount("--bind", path("opt/read-only"))).toBe(0);
  try {
    expect(mount("-o", "remount,bind,ro")).toBe(0);
    const { changed, failed } = changeTree(path("opt"), {
      directory: () => ({ uid: 1000 }),
      file: () => ({ uid: 1000 }),
    });
    expect(failed.map((line) => line.replace(root, ""))).toEqual([
      "/opt/read-only: EROFS",
      "/opt/read-only/file: EROFS",
    ]);
    expect(changed).toBe(2);
    expect(show("opt/z")).toBe("644 1000:0");
  } finally {
    spawnSync("umount", [path("opt/read-only")]);
  }
});
