#!/usr/bin/env bun
// Measures the downloads of dist/ai-dock beside aria2c, curl and wget, on this machine, from servers on loopback, to a
// folder in memory. Needs nginx, aria2c, curl and wget. Options: --rounds N (default 3), --write-docs.
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { type Download, type Downloader, downloaders, measure } from "./downloads/peers.ts";
import { limitedServer } from "./downloads/limited-server.ts";
import { median } from "./statistics.ts";
import { withBlock } from "../scripts/lib/generated-block.ts";
import { startNginx } from "../test/provision/nginx-fixture.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "3" }, "write-docs": { type: "boolean", default: false } },
});

const LIMIT_BYTES = 8e6;
/** What takes four seconds or so over one connection, and over sixteen. */
const ONE_BYTES = 32e6;
const MANY_BYTES = 512e6;
const FREE_BYTES = 2 * 2 ** 30;

const folder = mkdtempSync("/dev/shm/ai-dock-bench-");
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

type Samples = Record<Downloader, Download[]>;
const empty = (): Samples => ({ "ai-dock": [], "aria2c -x16": [], curl: [], wget: [] });
const samples = { limited: empty(), free: empty() };

await using nginx = await startNginx("access_log off; sendfile on;");
using limited = await limitedServer(LIMIT_BYTES);
writeFileSync(`${nginx.www}/file`, "");
truncateSync(`${nginx.www}/file`, FREE_BYTES);
// Else the first to ask would wait until the page cache has the file.
for await (const _ of Bun.file(`${nginx.www}/file`).stream());
for (let round = 0; round < Number(values.rounds); round++) {
  process.stderr.write(`round ${round + 1} begins with a load of ${loadavg()[0]?.toFixed(1)}\n`);
  const order = [...downloaders.slice(round % 4), ...downloaders.slice(0, round % 4)];
  for (const peer of order) {
    const bytes = peer === "ai-dock" || peer === "aria2c -x16" ? MANY_BYTES : ONE_BYTES;
    samples.limited[peer].push(await measure(peer, limited.url(bytes), folder, bytes));
  }
  for (const peer of order)
    samples.free[peer].push(await measure(peer, nginx.url("/file"), folder, FREE_BYTES));
}

const middle = (of: Samples, peer: Downloader, key: keyof Download) =>
  median(of[peer].map((one) => one[key]));

function row(
  title: string,
  of: Samples,
  key: keyof Download,
  digits: number,
  limit?: [string, number],
): string {
  const cells = downloaders.map((peer) => {
    const all = of[peer].map((one) => one[key]);
    return `${middle(of, peer, key).toFixed(digits)} (${Math.min(...all).toFixed(digits)}–${Math.max(...all).toFixed(digits)})`;
  });
  const verdict = limit === undefined ? "" : middle(of, "ai-dock", key) >= limit[1] ? "ok" : "missed";
  return `| ${[title, ...cells, limit?.[0] ?? "", verdict].join(" | ")} |`;
}

const rate = "megabytesASecond";
const fastest = Math.max(...downloaders.map((peer) => middle(samples.free, peer, rate)));
const result = [
  `| what | ${downloaders.join(" | ")} | must be | verdict |`,
  `| ${[...downloaders, "", "", ""].map(() => "---").join(" | ")} |`,
  row("each connection limited to 8 MB/s, MB/s", samples.limited, rate, 1, [
    "≥ 0.95 × aria2c",
    middle(samples.limited, "aria2c -x16", rate) * 0.95,
  ]),
  row("the same: CPU for 512 MB (curl, wget: 32 MB), s", samples.limited, "cpuSeconds", 2),
  row("2 GiB, unlimited, MB/s", samples.free, rate, 0, ["≥ 0.9 × the fastest", fastest * 0.9]),
  row("the same: CPU, s", samples.free, "cpuSeconds", 2),
  row("the same: largest resident memory, MB", samples.free, "memory", 0),
].join("\n");
console.log(result);
if (values["write-docs"]) {
  const page = new URL("../docs/benchmarks.md", import.meta.url);
  writeFileSync(page, withBlock(readFileSync(page, "utf8"), "downloads", result));
}
