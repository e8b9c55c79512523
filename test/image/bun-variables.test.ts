import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ignoreBunVariables, keepOpenFilesLimit, LIVE_VARIABLES } from "../../scripts/lib/bun-variables.ts";

const folder = mkdtempSync(join(tmpdir(), "bun-variables-"));
const preload = join(folder, "preload.js");
writeFileSync(preload, 'console.log("preloaded");');

/** Set for every process below; each of them, but for the last, stops Bun or makes it do something. */
const variables = {
  BUN_OPTIONS: `--preload=${preload}`,
  BUN_JSC_unknown: "1",
  BUN_BYTECODE_ORDER_OUT: "order",
};

async function run(bun: string, names: (keyof typeof variables)[]) {
  const env = Object.fromEntries(names.map((name) => [name, variables[name]]));
  const script = "console.log(JSON.stringify({ ...process.env, PATH: undefined }))";
  await using child = Bun.spawn([bun, "-e", script], {
    env: { PATH: "/usr/bin:/bin", ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { env, stdout, stderr, code };
}

/** Large files are read and written. */
const LIMIT_MILLISECONDS = 60_000;

const binary = readFileSync(process.execPath);
const ignored = ignoreBunVariables(binary);

test(
  "Bun's variables reach our process, and change nothing of it",
  async () => {
    // Else this test could not fail.
    expect((await run(process.execPath, ["BUN_OPTIONS"])).stdout).toStartWith("preloaded\n");
    expect((await run(process.execPath, ["BUN_JSC_unknown"])).code).toBe(1);

    expect(ignored).toEqual(expect.arrayContaining(LIVE_VARIABLES));
    const patched = join(folder, "bun");
    writeFileSync(patched, binary, { mode: 0o755 });
    const { env, stdout, stderr, code } = await run(patched, [
      "BUN_OPTIONS",
      "BUN_JSC_unknown",
      "BUN_BYTECODE_ORDER_OUT",
    ]);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(JSON.parse(stdout)).toEqual(env);
  },
  LIMIT_MILLISECONDS,
);

test(
  "the soft limit of open files stays as it was given",
  async () => {
    const copy = readFileSync(process.execPath);
    keepOpenFilesLimit(copy);
    const patched = join(folder, "bun-limits");
    writeFileSync(patched, copy, { mode: 0o755 });
    const script = 'process.stdout.write(require("fs").readFileSync("/proc/self/limits"))';
    const softLimit = async (bun: string) => {
      await using child = Bun.spawn(["bash", "-c", 'ulimit -Sn 512; exec "$0" -e "$1"', bun, script], {
        stdout: "pipe",
      });
      return /^Max open files +(\d+)/m.exec(await child.stdout.text())?.[1];
    };
    // Else this test could not fail.
    expect(await softLimit(process.execPath)).not.toBe("512");
    expect(await softLimit(patched)).toBe("512");
    expect(() => keepOpenFilesLimit(copy)).toThrow("expected the import of setrlimit once");
  },
  LIMIT_MILLISECONDS,
);

test("a binary in which a variable is not found as expected is refused", () => {
  // Nothing is left to be found in this one.
  expect(() => ignoreBunVariables(binary)).toThrow(
    /^expected BUN_BE_BUN once in Bun [\d.]+, found it 0 times$/,
  );
  const other = Buffer.alloc(64);
  expect(() => ignoreBunVariables(other)).toThrow("expected a binary for x86-64 or AArch64");
});
