#!/usr/bin/env bun
// Measures ai-dock beside its peers. Within a round each measure is taken of one peer after the other, and the first of
// them changes from round to round, so that a machine that drifts does so for all. Needs the image of
// `scripts/lib/image.sh peers`. Options: --rounds N (default 3), --only PARTS (see measure.ts) and --peers NAMES, by comma,
// --quick (fewer bytes), --write-docs. Prints a table, writes bench/results.json.
import { readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { buildPrograms, imageHas, removeContainers } from "./container.ts";
import { type Effort, type Figures, type Measure, parts } from "./measure.ts";
import { measures } from "./measures/all.ts";
import { withBlock } from "../scripts/lib/generated-block.ts";
import { type Peer, peers } from "./peers.ts";
import type { RowName } from "./rows.ts";
import { type Samples, table } from "./table.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    only: { type: "string", default: parts.join() },
    peers: { type: "string", default: peers.join() },
    quick: { type: "boolean", default: false },
    "write-docs": { type: "boolean", default: false },
  },
});
const effort: Effort = values.quick
  ? { fileBytes: 2 ** 28, lineBytes: 2 ** 26, dockerBytes: 20e6, bursts: 2 }
  : { fileBytes: 2 ** 30, lineBytes: 2 ** 28, dockerBytes: 40e6, bursts: 2 };
/** What takes longer hangs. */
const LIMIT_SECONDS = 120;
const samples: Samples = {};
let failures = 0;

/** The words of an option. Throws for one that is not among those expected. */
function chosen<Word extends string>(option: "only" | "peers", expected: readonly Word[]): Word[] {
  return values[option].split(",").map((word) => {
    const found = expected.find((one) => one === word);
    if (found === undefined) throw new Error(`--${option}: expected ${expected.join(", ")}, got "${word}"`);
    return found;
  });
}

/** One sample. A measure that fails or hangs costs that sample, not the whole run. */
async function sample(measure: Measure, peer: Peer, round: number): Promise<void> {
  process.stderr.write(`round ${round} of ${values.rounds}: ${measure.part}, ${peer}: ${measure.title}\n`);
  const limit = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => limit.reject(new Error(`no result within ${LIMIT_SECONDS} s`)),
    LIMIT_SECONDS * 1000,
  );
  try {
    add(peer, await Promise.race([measure.run(peer, effort), limit.promise]));
  } catch (error) {
    failures++;
    process.stderr.write(`${measure.part}, ${peer}, ${measure.title}: ${String(error)}\n`);
    await removeContainers();
  } finally {
    clearTimeout(timer);
  }
}

function add(peer: Peer, figures: Figures): void {
  for (const [name, value] of Object.entries(figures) as [RowName, number][]) {
    const row = (samples[name] ??= {});
    (row[peer] ??= []).push(value);
  }
}

/** The list begun at another place. */
function rotated<Item>(list: Item[], by: number): Item[] {
  const at = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

const wanted = { parts: chosen("only", parts), peers: chosen("peers", peers) };
await buildPrograms();
if (wanted.peers.includes("dinit") && !(await imageHas("dinit"))) {
  process.stderr.write("the image has no dinit, which is left out\n");
  wanted.peers = wanted.peers.filter((peer) => peer !== "dinit");
}
for (let round = 1; round <= Number(values.rounds); round++) {
  const started = performance.now();
  process.stderr.write(
    `round ${round} of ${values.rounds} begins with a load of ${loadavg()[0]?.toFixed(1)}\n`,
  );
  for (const measure of measures.filter(({ part }) => wanted.parts.includes(part))) {
    const those = rotated(
      measure.peers.filter((peer) => wanted.peers.includes(peer)),
      round - 1,
    );
    for (let time = 0; time < (measure.times ?? 1); time++) {
      if (measure.together === true) await Promise.all(those.map((peer) => sample(measure, peer, round)));
      else for (const peer of those) await sample(measure, peer, round);
    }
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  process.stderr.write(`round ${round} of ${values.rounds} took ${seconds} s\n`);
}
const result = table(samples);
console.log(result);
writeFileSync(new URL("results.json", import.meta.url), JSON.stringify(samples, null, 2));
if (values["write-docs"]) {
  const page = new URL("../docs/benchmarks.md", import.meta.url);
  writeFileSync(page, withBlock(readFileSync(page, "utf8"), "bench", result));
}
if (failures > 0) process.exit(1);
