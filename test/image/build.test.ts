import { beforeAll, expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";

const ROOT = resolve(import.meta.dir, "../..");
const { version } = JSON.parse(readFileSync(`${ROOT}/package.json`, "utf8"));

/** What the Dockerfile's stage `build` has: no more than it copies, and no git. */
const folder = mkdtempSync(join(tmpdir(), "build-"));

beforeAll(() => {
  const [, stage = ""] = /AS build\n([^]*?)\nFROM /.exec(readFileSync(`${ROOT}/Dockerfile`, "utf8")) ?? [];
  const letIn = readFileSync(`${ROOT}/.dockerignore`, "utf8").split("\n");
  for (const [, words = ""] of stage.matchAll(/^COPY (.+)$/gm)) {
    const patterns = words.split(" ");
    const to = join(folder, patterns.pop()!);
    for (const pattern of patterns) {
      const glob = new Bun.Glob(pattern);
      for (const path of glob.scanSync({ cwd: ROOT, onlyFiles: false })) {
        expect(letIn).toContain(`!${path}`);
        mkdirSync(to, { recursive: true });
        cpSync(join(ROOT, path), path === "src" ? to : join(to, basename(path)), { recursive: true });
      }
    }
  }
  symlinkSync(`${ROOT}/node_modules`, join(folder, "node_modules"));
});

async function build(...flags: string[]) {
  await using child = Bun.spawn([process.execPath, "scripts/build.ts", ...flags], {
    cwd: folder,
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stderr, code] = await Promise.all([child.stderr.text(), child.exited]);
  return { stderr, code };
}

/** Bun links its runtime, which is large, and may have to fetch it first. */
const LIMIT_MILLISECONDS = 120_000;

test.each([
  ["0123456789abcdef0123456789abcdef01234567", "0123456"],
  ["", "commit unknown"],
])(
  "the Dockerfile copies all that the build needs; --commit=%p is said by --version",
  async (commit, said) => {
    expect(await build(`--commit=${commit}`)).toMatchObject({ code: 0 });
    const { stdout } = Bun.spawnSync([join(folder, "dist/ai-dock"), "--version"]);
    expect(stdout.toString()).toBe(`ai-dock ${version} (${said})\n`);
  },
  LIMIT_MILLISECONDS,
);

test("what is no commit and no processor is refused", async () => {
  expect(await build("--commit=main")).toEqual({
    code: 2,
    stderr: '--commit: expected a hash of 7 or more digits, got "main"\n',
  });
  expect(await build("--target=sparc")).toEqual({
    code: 2,
    stderr: '--target: expected x64 or arm64, got "sparc"\n',
  });
});
