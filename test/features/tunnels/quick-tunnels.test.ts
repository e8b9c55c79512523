import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { SharedAttempts } from "../../../src/features/tunnels/quick-tunnel-backoff.ts";
import { QuickTunnels } from "../../../src/features/tunnels/quick-tunnels.ts";
import { Supervisor } from "../../../src/supervisor/supervisor.ts";
import { freePort } from "../../free-port.ts";

const STAND_IN = resolve(import.meta.dir, "../../fixtures/cloudflared-standin-fixture.ts");

let bin: string;
let supervisor: Supervisor;
let shown: string[];

beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), "bin-"));
  const path = join(bin, "cloudflared");
  writeFileSync(path, `#!/bin/sh\nSTAND_IN_FOLDER=${bin} exec ${process.execPath} ${STAND_IN} "$@"\n`);
  chmodSync(path, 0o755);
  supervisor = new Supervisor({
    env: {},
    serverUrl: "",
    container: null,
    logs: { open: () => null, release() {} },
  });
  supervisor.phase = "running";
  shown = [];
});

afterEach(async () => {
  await supervisor.stop(supervisor.programs);
  rmSync(bin, { recursive: true });
});

function tunnelsTo(port: number): QuickTunnels {
  return new QuickTunnels({
    supervisor,
    env: { PATH: `${bin}:/usr/bin:/bin` },
    wanted: [port],
    onChange: (lines) => {
      shown = lines;
    },
  });
}

test("a service that is silent for a moment keeps its tunnel; one that stays silent loses it", async () => {
  const service = Bun.serve({ port: 0, fetch: () => new Response("here") });
  const tunnels = tunnelsTo(service.port!);
  await tunnels.step(0);
  const [program] = supervisor.programs;
  await supervisor.until(() => program!.ready);
  const { pid } = program!;
  await tunnels.step(1000);
  expect(shown).toEqual([`port ${service.port}: ${String(program!.facts["url"])}`]);
  await service.stop(true);
  await tunnels.step(2000);
  await tunnels.step(61_000);
  expect(program!.pid).toBe(pid);
  await tunnels.step(62_001);
  expect(supervisor.programs).toEqual([]);
  await tunnels.step(63_000);
  expect(shown).toEqual([]);
});

test("a tunnel that Cloudflare knows no more is replaced, but not for a moment of trouble", async () => {
  using service = Bun.serve({ port: 0, fetch: () => new Response("here") });
  const tunnels = tunnelsTo(service.port!);
  await tunnels.step(0);
  const [program] = supervisor.programs;
  await supervisor.until(() => program!.ready);
  const before = program!.facts["url"];
  writeFileSync(join(bin, "mode"), "revoked");
  await supervisor.until(() => program!.facts["refused"] === true);
  await tunnels.step(1000);
  await tunnels.step(60_000);
  expect(supervisor.programs).toEqual([program!]);
  writeFileSync(join(bin, "mode"), "ok");
  await tunnels.step(61_000);
  // The wait after one failed attempt.
  await tunnels.step(65_999);
  expect(supervisor.programs[0]!.pid).toBeNull();
  await tunnels.step(66_000);
  const next = supervisor.programs[0]!;
  await supervisor.until(() => next.ready);
  expect(next.facts["url"]).not.toBe(before);
});

test("a tunnel leads to what stands in front of a service, and past it only when that never comes", async () => {
  const service = Bun.serve({ port: 0, fetch: () => new Response("here") });
  const front = freePort();
  const directory = mkdtempSync(join(tmpdir(), "ports-"));
  const announced = JSON.stringify({ listen_port: service.port, proxy_port: front, service_name: "App" });
  writeFileSync(join(directory, String(front)), announced);
  const tunnels = new QuickTunnels({
    supervisor,
    env: { PATH: `${bin}:/usr/bin:/bin` },
    wanted: true,
    directory,
    onChange() {},
  });
  await tunnels.step(0);
  await tunnels.step(9000);
  expect(supervisor.programs).toEqual([]);
  const other = Bun.serve({ port: front, fetch: () => new Response("front") });
  await tunnels.step(9500);
  expect(supervisor.programs[0]!.spec.command.at(-1)).toBe(`--url=http://127.0.0.1:${front}`);
  await other.stop(true);
  // Silent for a minute: a new one, after ten more seconds without a front.
  for (const now of [10_000, 70_001, 80_002]) await tunnels.step(now);
  expect(supervisor.programs[0]!.spec.command.at(-1)).toBe(`--url=http://127.0.0.1:${service.port}`);
  await service.stop(true);
  rmSync(directory, { recursive: true });
});

test("no tunnel is opened before its service answers", async () => {
  const tunnels = tunnelsTo(freePort());
  await tunnels.step(0);
  expect(supervisor.programs).toEqual([]);
});

test("attempts grow rare up to a quarter of an hour, until one succeeds", () => {
  const attempts = new SharedAttempts();
  const waits = Array.from({ length: 10 }, () => {
    attempts.failed(0);
    return attempts.next / 1000;
  });
  expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
  attempts.succeeded();
  expect(attempts.next).toBe(0);
  attempts.failed(1000);
  expect(attempts.next).toBe(6000);
});
