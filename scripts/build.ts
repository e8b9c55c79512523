#!/usr/bin/env bun
// Builds dist/ai-dock. Options: --target arm64|x64 (default: this machine), --outfile PATH, --commit HASH (default: what
// git says of this folder, else unknown).
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { holdEarlySignals } from "./lib/early-signals.ts";
import { buildPage } from "./lib/page.ts";
import { ignoreBunVariables, keepOpenFilesLimit, LIVE_VARIABLES } from "./lib/bun-variables.ts";

const { values } = parseArgs({
  options: {
    target: { type: "string", default: process.arch },
    outfile: { type: "string", default: "dist/ai-dock" },
    commit: { type: "string", default: "" },
  },
});

// Baseline also runs on processors without AVX2, which rented machines may have.
const targets: Record<string, string> = { x64: "bun-linux-x64-baseline", arm64: "bun-linux-arm64" };
const target = targets[values.target];
if (target === undefined) fail(2, `--target: expected x64 or arm64, got "${values.target}"`);
if (!/^([0-9a-f]{7,64}(-dirty)?)?$/.test(values.commit))
  fail(2, `--commit: expected a hash of 7 or more digits, got "${values.commit}"`);

const outfile = resolve(values.outfile);
const commit = (values.commit || commitOfFolder()).replace(/^([0-9a-f]{7})[0-9a-f]*/, "$1");

mkdirSync(dirname(outfile), { recursive: true });
const page = await buildPage("dist/page").catch((error: unknown) => fail(1, (error as Error).message));
const build = Bun.spawnSync(
  [
    process.execPath,
    "build",
    "src/main.ts",
    // The executable holds these files as they are (Bun.embeddedFiles).
    ...page,
    "--asset-naming=[name].[ext]",
    "--compile",
    "--minify-syntax",
    "--minify-whitespace",
    "--bytecode",
    "--format=esm",
    "--splitting",
    // Most code runs once: compiling it costs processor time and memory. init returns to the usual policy.
    "--compile-jit-policy=30",
    // The binary runs as root in directories that others write to.
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    `--define=BUILD_COMMIT=${JSON.stringify(commit)}`,
    `--target=${target}`,
    `--outfile=${outfile}`,
  ],
  { stdout: "inherit", stderr: "inherit" },
);
if (!build.success) process.exit(build.exitCode || 1);

try {
  const binary = readFileSync(outfile);
  console.log(` ignores ${ignoreBunVariables(binary).length} variables of Bun`);
  keepOpenFilesLimit(binary);
  holdEarlySignals(binary);
  writeFileSync(outfile, binary);
  chmodSync(outfile, 0o755);
  if (values.target === process.arch) checkVersion();
} catch (error) {
  rmSync(outfile, { force: true });
  fail(1, `${values.outfile}: ${(error as Error).message}`);
}

/** The hash of HEAD, marked where files differ from it; empty outside a checkout. */
function commitOfFolder(): string {
  // Else git would find a repository that this folder only lies in.
  if (!existsSync(".git") || Bun.which("git") === null) return "";
  const git = Bun.spawnSync(["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]);
  return git.success ? git.stdout.toString().trim() : "";
}

/** Runs the binary with every variable that Bun would obey set. */
function checkVersion(): void {
  const live = Object.fromEntries(LIVE_VARIABLES.map((name) => [name, "--preload=/nonexistent"]));
  const env = { PATH: process.env["PATH"] ?? "", ...live, BUN_BE_BUN: "1", BUN_JSC_unknown: "1" };
  const { stdout, stderr } = Bun.spawnSync([outfile, "--version"], { env });
  const said = stdout.toString() + stderr.toString();
  const expected = `ai-dock ${JSON.parse(readFileSync("package.json", "utf8")).version} (${commit || "commit unknown"})\n`;
  if (said !== expected) throw new Error(`expected --version to print "${expected}", got "${said}"`);
}

function fail(code: number, message: string): never {
  console.error(message);
  process.exit(code);
}
