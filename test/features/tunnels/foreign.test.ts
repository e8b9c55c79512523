import { expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { foreignTunnels } from "../../../src/features/tunnels/foreign.ts";

const folder = mkdtempSync(join(tmpdir(), "foreign-"));

/** A process of that name and with these arguments, whose output goes to a file; ends with the test. */
function start(name: string, args: string[], output: string) {
  const fd = openSync(join(folder, output), "a");
  const child = Bun.spawn(["/bin/bash", "-c", "read", ...args], {
    argv0: name,
    stdin: "pipe",
    stdout: fd,
    stderr: fd,
  });
  closeSync(fd);
  return Object.assign(child, { [Symbol.dispose]: () => child.kill() });
}

/** The rows of some processes; the machine may run more. */
const rowsOf = async (children: { pid: number }[], own: number[] = []) =>
  (await foreignTunnels(own))
    .filter(({ pid }) => children.some((child) => child.pid === pid))
    .toSorted((one, other) => (one.pid ?? 0) - (other.pid ?? 0));

test("foreignTunnels() finds the address in the log that a cloudflared of others writes", async () => {
  const disclaimer = "see https://api.trycloudflare.com and https://developers.cloudflare.com\n";
  writeFileSync(join(folder, "quicktunnel-app.log"), `${disclaimer}|  https://a-b-c.trycloudflare.com  |\n`);
  writeFileSync(join(folder, "early.log"), disclaimer);
  using app = start("cloudflared", ["--url", "localhost:8188"], "quicktunnel-app.log");
  using early = start("/usr/local/bin/cloudflared", ["--url=http://localhost:9000"], "early.log");
  using elsewhere = start("cloudflared", ["-url", "localhost:7000"], "not-a-log");
  expect(await rowsOf([app, early, elsewhere])).toEqual([
    {
      kind: "quick",
      url: "https://a-b-c.trycloudflare.com",
      target: "localhost:8188",
      service: "quicktunnel-app.log",
      ready: true,
      pid: app.pid,
      reason: null,
    },
    {
      kind: "quick",
      url: null,
      target: "http://localhost:9000",
      service: "early.log",
      ready: false,
      pid: early.pid,
      reason: null,
    },
    {
      kind: "quick",
      url: null,
      target: "localhost:7000",
      service: `pid ${elsewhere.pid}`,
      ready: false,
      pid: elsewhere.pid,
      reason: null,
    },
  ]);
});

test("foreignTunnels() leaves out our own, named tunnels, and other programs", async () => {
  using own = start("cloudflared", ["--url", "localhost:8188"], "own.log");
  using named = start("cloudflared", ["run"], "named.log");
  using curl = start("curl", ["--url", "localhost:8188"], "curl.log");
  expect(await rowsOf([own, named, curl], [own.pid])).toEqual([]);
});
