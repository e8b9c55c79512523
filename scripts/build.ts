#!/usr/bin/env bun
// Builds dist/ai-dock. Options: --target arm64|x64 (default: this machine), --outfile PATH.
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    target: { type: "string", default: process.arch },
    outfile: { type: "string", default: "dist/ai-dock" },
  },
});

// Baseline also runs on processors without AVX2, which rented machines may have.
const targets: Record<string, string> = { x64: "bun-linux-x64-baseline", arm64: "bun-linux-arm64" };
const target = targets[values.target];
if (target === undefined) {
  console.error(`--target: expected x64 or arm64, got "${values.target}"`);
  process.exit(2);
}

mkdirSync(dirname(values.outfile), { recursive: true });
const build = Bun.spawn(
  [
    process.execPath,
    "build",
    "src/main.ts",
    "--compile",
    "--minify-syntax",
    "--minify-whitespace",
    "--bytecode",
    "--format=esm",
    "--splitting",
    // The binary runs as root in directories that others write to.
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    `--target=${target}`,
    `--outfile=${values.outfile}`,
  ],
  { stdout: "inherit", stderr: "inherit" },
);
process.exit(await build.exited);
