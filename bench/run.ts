#!/usr/bin/env bun
// Measures the test image beside its peers, in turns so that a machine that drifts does so for all.
// Options: --rounds N (default 10). Prints medians with ranges, and ratios to tini; writes bench/results.json.
import { parseArgs } from "node:util";
import { type BootTimes, measureBoot } from "./boot.ts";
import { candidates } from "./candidates.ts";
import { median, summary } from "./statistics.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "10" } } });
const rounds = Number(values.rounds);

const measures = [
  ["container start → ssh banner, no host keys, ms", "firstBoot"],
  ["container start → ssh banner, host keys there, ms", "secondBoot"],
  ["docker stop, ms", "stop"],
] as const satisfies [string, keyof BootTimes][];

// Any well-formed key makes the server start; nobody logs in.
const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMzRJMj3vX0bHV9n5a4vDT9cAe5hRgnDGW5a9mIbh0gm bench";
const all = candidates(publicKey);
const times: Record<string, BootTimes[]> = {};
for (const { name } of all) times[name] = [];
for (let round = 0; round < rounds; round++) {
  for (const candidate of all) times[candidate.name]?.push(await measureBoot(candidate));
  process.stderr.write(`\rround ${round + 1} of ${rounds}`);
}
process.stderr.write("\n");

console.log(`| what | ${all.map(({ name }) => name).join(" | ")} | ai-dock ÷ tini |`);
console.log(`| --- | ${all.map(() => "---").join(" | ")} | --- |`);
for (const [title, measure] of measures) {
  const series = all.map(({ name }) => (times[name] ?? []).map((time) => time[measure]));
  const [ours = [], tini = []] = series;
  console.log(
    `| ${title} | ${series.map(summary).join(" | ")} | ${(median(ours) / median(tini)).toFixed(2)} |`,
  );
}
await Bun.write(new URL("results.json", import.meta.url), JSON.stringify({ rounds, times }, null, 2));
