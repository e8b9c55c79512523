#!/usr/bin/env bun
// Measures the web front beside plain Caddy, both in one container and in front of the same app. Needs the image of
// `scripts/lib/image.sh test`. Options: --megabytes N of a large body (default 5000), --seconds N of websockets (60),
// --requests N (3000), --write-docs. Prints a table.
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { withBlock } from "../../scripts/lib/generated-block.ts";
import { create } from "../container.ts";
import { docker } from "../docker.ts";

const { values } = parseArgs({
  options: {
    megabytes: { type: "string", default: "5000" },
    seconds: { type: "string", default: "60" },
    requests: { type: "string", default: "3000" },
    "write-docs": { type: "boolean", default: false },
  },
});
const image = process.env["AI_DOCK_TEST_IMAGE"] ?? "ai-dock:test";
const SOCKETS = 200;
const environment = { PLAIN: "9000", GUARDED: "8188", TOKEN: "bench" };
const [plain, guarded, listen] = [environment.PLAIN, environment.GUARDED, 18_188];

const programs = join(mkdtempSync(join(tmpdir(), "ai-dock-bench-")), "web.conf");
writeFileSync(
  programs,
  `[program:app]
command=bun /bench/web/app.ts ${listen}
web_port=${guarded}
web_listen_port=${listen}
ready=tcp:${listen}

[program:plain]
command=caddy reverse-proxy --from http://:${plain} --to 127.0.0.1:${listen}
ready=tcp:${plain}
`,
);

const here = resolve(import.meta.dir);
const mounts = [
  `${here}/app.ts:/bench/web/app.ts:ro`,
  `${here}/client.ts:/bench/web/client.ts:ro`,
  `${resolve(here, "../statistics.ts")}:/bench/statistics.ts:ro`,
  `${programs}:/etc/supervisor/supervisord/conf.d/web.conf:ro`,
  `${process.execPath}:/usr/local/bin/bun:ro`,
].flatMap((mount) => ["-v", mount]);

await using container = await create(
  "--no-healthcheck",
  "-e",
  `WEB_TOKEN=${environment.TOKEN}`,
  ...mounts,
  image,
);
await docker("start", container.id);
const front = `http://127.0.0.1:${guarded}/ai-dock/health-check`;
const isUp = `until ai-dock health && curl -sf ${front}; do sleep 0.2; done`;
await docker("exec", container.id, "timeout", "60", "sh", "-c", isUp);

async function client<Result>(...words: (string | number)[]): Promise<Result> {
  process.stderr.write(`${words.join(" ")}\n`);
  const variables = Object.entries(environment).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
  const command = ["bun", "/bench/web/client.ts", ...words.map(String)];
  return JSON.parse(await docker("exec", ...variables, container.id, ...command)) as Result;
}

interface Ways {
  plain: number;
  guarded: number;
}
interface Memory {
  caddy: number;
  portal: number;
}

const check = await client<Ways>("check", values.requests);
interface Bytes extends Record<"up" | "down" | "upCpu" | "downCpu", Ways> {
  before: Memory;
  most: Memory;
}
const bytes = await client<Bytes>("bytes", values.megabytes);
const sockets = await client<{
  sent: number;
  answered: number;
  closed: number;
  milliseconds: number;
  opened: Memory;
  after: Memory;
}>("sockets", SOCKETS, values.seconds);

const row = (...cells: (string | number)[]) => `| ${cells.join(" | ")} |`;
const rate = (title: string, { plain: one, guarded: other }: Ways) =>
  row(title, one.toFixed(0), other.toFixed(0), `≥ 0.9 × plain (${(other / one).toFixed(2)})`);
const seconds = ({ plain: one, guarded: other }: Ways) =>
  row("the same: CPU of Caddy, s", one.toFixed(1), other.toFixed(1), "");
const grown = (title: string, from: Memory, to: Memory) =>
  row(
    title,
    "",
    `Caddy ${from.caddy.toFixed(1)} → ${to.caddy.toFixed(1)}, portal ${from.portal.toFixed(1)} → ${to.portal.toFixed(1)}`,
    "flat",
  );
const size = `${Number(values.megabytes) / 1000} GB`;
const result = [
  row("", "Caddy alone", "behind the login", "budget"),
  row("---", "--:", "--:", "---"),
  row(
    "a small request, keep-alive, median, ms",
    check.plain.toFixed(2),
    check.guarded.toFixed(2),
    `≤ 0.4 more (${(check.guarded - check.plain).toFixed(2)})`,
  ),
  rate(`${size} up by checksum, MB/s`, bytes.up),
  seconds(bytes.upCpu),
  rate(`${size} down by checksum, MB/s`, bytes.down),
  seconds(bytes.downCpu),
  grown("the same: memory of its own before → at most, MB", bytes.before, bytes.most),
  row(
    `${SOCKETS} websockets for ${values.seconds} s, ten messages a second each: answered of sent`,
    "",
    `${sockets.answered} of ${sockets.sent}, ${sockets.closed} closed, median ${sockets.milliseconds.toFixed(1)} ms`,
    "all",
  ),
  grown("the same: memory of its own once all are open → at the end, MB", sockets.opened, sockets.after),
].join("\n");
console.log(result);
if (values["write-docs"]) {
  const page = new URL("../../docs/benchmarks.md", import.meta.url);
  writeFileSync(page, withBlock(readFileSync(page, "utf8"), "bench-web", result));
}
if (sockets.answered < sockets.sent || sockets.closed > 0) process.exit(1);
