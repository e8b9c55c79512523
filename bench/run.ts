#!/usr/bin/env bun
// Measures ai-dock beside its peers, in turns, so that a machine that drifts does so for all. Needs the image of
// `scripts/lib/image.sh peers`. Options: --rounds N (default 3), --only boot,scale,crash,orphans,logs,status, --quick,
// --write-docs. Prints a table, writes bench/results.json.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { benchNetwork, measureBoot, measureStop } from "./boot.ts";
import { buildProbe } from "./container.ts";
import { measureContainerOutput, measureFile } from "./measures/logs.ts";
import { measureScale } from "./measures/scale.ts";
import { measureCrash, measureOrphans, measureStatus } from "./measures/single.ts";
import { withBlock } from "../scripts/lib/generated-block.ts";
import type { Peer } from "./peers.ts";
import type { RowName } from "./rows.ts";
import { type Samples, table } from "./table.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    only: { type: "string", default: "boot,scale,crash,orphans,logs,status" },
    quick: { type: "boolean", default: false },
    "write-docs": { type: "boolean", default: false },
  },
});
const supervisors = ["ai-dock", "supervisord", "s6"] as const;
const samples: Samples = {};

function add(name: RowName, peer: Peer, value: number): void {
  const row = (samples[name] ??= {});
  (row[peer] ??= []).push(value);
}

const idleSeconds = values.quick ? 5 : 30;
const fileBytes = values.quick ? 2 ** 28 : 2 ** 30;
const lines = values.quick ? 500_000 : 3_000_000;

/** One round of each part. */
const parts: Record<string, () => Promise<void>> = {
  async boot() {
    const network = await benchNetwork();
    try {
      for (const peer of ["ai-dock", "tini"] as const) {
        const { firstBoot, secondBoot, stop } = await measureBoot(peer, network.name);
        add("firstBoot", peer, firstBoot);
        add("secondBoot", peer, secondBoot);
        add("stop", peer, stop);
      }
    } finally {
      await network.remove();
    }
    for (const peer of supervisors) add("stop100", peer, await measureStop(peer));
  },
  async scale() {
    for (const peer of supervisors) {
      const one = await measureScale(peer, 1, idleSeconds);
      add("pss1", peer, one.pss);
      add("dirty1", peer, one.dirty);
      add("cpu", peer, one.cpu);
      add("switches", peer, one.switches);
      const thousand = await measureScale(peer, 1000, 1);
      add("start1000", peer, thousand.start);
      add("stop1000", peer, thousand.stop);
      add("pss1000", peer, thousand.pss);
      add("dirty1000", peer, thousand.dirty);
    }
  },
  async crash() {
    for (const peer of supervisors) add("crash", peer, await measureCrash(peer));
  },
  async orphans() {
    // supervisord reaps a hundred a second; nobody wants to wait for it.
    for (const peer of ["ai-dock", "s6"] as const) add("orphans", peer, await measureOrphans(peer, 10_000));
  },
  async logs() {
    for (const peer of supervisors) {
      const blocks = await measureFile(peer, "blocks", fileBytes);
      add("blocks", peer, blocks.rate);
      add("blocksCpu", peer, blocks.cpu);
      add("lines", peer, (await measureFile(peer, "lines", fileBytes / 4)).rate);
    }
    for (const peer of [...supervisors, "tini"] as const) {
      const { rate, whole } = await measureContainerOutput(peer, lines);
      add("docker", peer, rate);
      add("whole", peer, whole * 100);
    }
  },
  async status() {
    for (const peer of supervisors) {
      const { idle, flood } = await measureStatus(peer);
      add("status", peer, idle);
      add("statusFlood", peer, flood);
    }
  },
};

await buildProbe();
for (let round = 1; round <= Number(values.rounds); round++) {
  for (const name of values.only.split(",")) {
    const part = parts[name];
    if (part === undefined)
      throw new Error(`--only: expected ${Object.keys(parts).join(", ")}, got "${name}"`);
    process.stderr.write(`round ${round} of ${values.rounds}: ${name}\n`);
    await part();
  }
}
const result = table(samples);
console.log(result);
writeFileSync(new URL("results.json", import.meta.url), JSON.stringify(samples, null, 2));
if (values["write-docs"]) {
  const page = new URL("../docs/benchmarks.md", import.meta.url);
  writeFileSync(page, withBlock(readFileSync(page, "utf8"), "bench", result));
}
