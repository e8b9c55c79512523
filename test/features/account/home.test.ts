import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareHome } from "../../../src/features/account/home.ts";

const entry = { name: "user", uid: 4001, gid: 4002, home: "/home/user", shell: "/bin/sh" };

function place() {
  const root = mkdtempSync(join(tmpdir(), "account-"));
  const home = join(root, "home/user");
  const warnings: string[] = [];
  const mounts: string[] = [];
  mkdirSync(join(root, "etc/skel/.config"), { recursive: true });
  mkdirSync(join(root, "home"));
  writeFileSync(join(root, "etc/skel/.bashrc"), "skel\n");
  writeFileSync(join(root, "etc/skel/.config/app"), "app\n");
  const mountinfo = join(root, "mountinfo");
  return {
    root,
    home,
    warnings,
    mount: (path: string) => mounts.push(`32 22 0:28 / ${path} rw - ext4 /dev/vdb rw\n`),
    make(path = home, uid = 0, gid = uid) {
      mkdirSync(path, { recursive: true });
      chownSync(path, uid, gid);
    },
    async prepare(former?: number) {
      writeFileSync(mountinfo, mounts.join(""));
      await prepareHome(entry, { former, root, mountinfo, warn: (line) => warnings.push(line) });
      return warnings;
    },
    owner(path: string) {
      const { uid, gid } = lstatSync(join(home, path));
      return `${uid}:${gid}`;
    },
  };
}

const OURS = "4001:4002";

describe.skipIf(process.getuid?.() !== 0)("prepareHome()", () => {
  test("makes a home with what new accounts get, for the account alone", async () => {
    const at = place();
    expect(await at.prepare()).toEqual([]);
    expect(["", ".bashrc", ".config", ".config/app"].map((path) => at.owner(path))).toEqual(
      Array(4).fill(OURS),
    );
    expect(lstatSync(at.home).mode & 0o7777).toBe(0o750);
    expect(readFileSync(join(at.home, ".config/app"), "utf8")).toBe("app\n");
  });

  test("changes nothing in a home that the account has, whatever root has left there", async () => {
    const at = place();
    await at.prepare();
    chmodSync(at.home, 0o711);
    chownSync(join(at.home, ".bashrc"), 0, 0);
    writeFileSync(join(at.home, "roots"), "");
    expect(await at.prepare()).toEqual([]);
    expect([".bashrc", "roots"].map((path) => at.owner(path))).toEqual(["0:0", "0:0"]);
    expect(lstatSync(at.home).mode & 0o7777).toBe(0o711);
  });

  test("takes over root's directory with the ways to mounts in it, not the mounts and not other files", async () => {
    const at = place();
    at.make(join(at.home, ".cache/huggingface"));
    at.make(join(at.home, "data"));
    writeFileSync(join(at.home, ".bashrc"), "own\n");
    at.mount(join(at.home, ".cache/huggingface"));
    expect(await at.prepare()).toEqual([]);
    expect(
      ["", ".cache", ".config", ".cache/huggingface", "data", ".bashrc"].map((path) => at.owner(path)),
    ).toEqual([OURS, OURS, OURS, "0:0", "0:0", "0:0"]);
    expect(readFileSync(join(at.home, ".bashrc"), "utf8")).toBe("own\n");
  });

  test("a fresh volume of root's is the account's", async () => {
    const at = place();
    at.make(join(at.home, ".cache/models"));
    at.mount(at.home);
    // The engine has made the way to this one in the volume.
    at.mount(join(at.home, ".cache/models"));
    expect(await at.prepare()).toEqual([]);
    expect(["", ".cache", ".cache/models"].map((path) => at.owner(path))).toEqual([OURS, OURS, "0:0"]);
  });

  test.each([
    ["a mount of root's with files", 0, true],
    ["a mount of somebody else", 77, true],
    ["a directory of somebody else", 77, false],
  ])("%s stays as it is", async (_, uid, isMount) => {
    const at = place();
    at.make(at.home, uid);
    writeFileSync(join(at.home, "file"), "");
    if (isMount) at.mount(at.home);
    const what = isMount ? "a mount" : "one";
    expect(await at.prepare()).toEqual([
      `"/home/user": expected a directory of uid 4001, got ${what} of uid ${uid}; it stays as it is`,
    ]);
    expect([at.owner(""), at.owner("file")]).toEqual([`${uid}:${uid}`, "0:0"]);
  });

  test("a link is not followed, nor is a file replaced", async () => {
    const at = place();
    const victim = join(at.root, "victim");
    mkdirSync(victim);
    symlinkSync(victim, at.home);
    expect(await at.prepare()).toEqual([
      '"/home/user": expected a directory, got a link, which is not followed; it stays as it is',
    ]);
    expect(lstatSync(victim).uid).toBe(0);
    expect(lstatSync(at.home).isSymbolicLink()).toBe(true);
    const other = place();
    writeFileSync(other.home, "text");
    expect((await other.prepare())[0]).toContain("got a file");
    expect(readFileSync(other.home, "utf8")).toBe("text");
  });

  test("another uid than at the boot before: its own files follow, others and targets of links do not", async () => {
    const at = place();
    const victim = join(at.root, "victim");
    writeFileSync(victim, "");
    chownSync(victim, 4000, 4000);
    at.make(at.home, 4000);
    at.make(join(at.home, "deep/deeper"), 4000);
    chownSync(join(at.home, "deep"), 4000, 4000);
    for (const [name, uid] of [
      ["mine", 4000],
      ["roots", 0],
    ] as const) {
      writeFileSync(join(at.home, "deep", name), "");
      chownSync(join(at.home, "deep", name), uid, uid);
    }
    symlinkSync(victim, join(at.home, "link"));
    lchownSync(join(at.home, "link"), 4000, 4000);
    expect(await at.prepare(4000)).toEqual([]);
    expect(["", "deep", "deep/deeper", "deep/mine", "link"].map((path) => at.owner(path))).toEqual(
      Array(5).fill(OURS),
    );
    expect(at.owner("deep/roots")).toBe("0:0");
    expect(lstatSync(victim).uid).toBe(4000);
  });

  test("a home in a volume at /home is nobody else's business, even when it is root's", async () => {
    const at = place();
    at.make();
    writeFileSync(join(at.home, "file"), "");
    at.mount(join(at.root, "home"));
    expect(await at.prepare()).toHaveLength(1);
    expect([at.owner(""), at.owner("file")]).toEqual(["0:0", "0:0"]);
  });

  test("a directory of root's with files does not become the account's by lying on the way to a mount", async () => {
    const at = place();
    await at.prepare();
    at.make(join(at.home, ".cache/models"));
    writeFileSync(join(at.home, ".cache/roots"), "");
    at.mount(join(at.home, ".cache/models"));
    await at.prepare();
    expect(at.owner(".cache")).toBe("0:0");
  });

  test("a link where the way to a mount was is not followed", async () => {
    const at = place();
    const victim = join(at.root, "victim");
    mkdirSync(victim);
    await at.prepare();
    symlinkSync(victim, join(at.home, ".cache"));
    at.mount(join(at.home, ".cache/huggingface"));
    await at.prepare();
    expect(lstatSync(victim).uid).toBe(0);
  });
});
