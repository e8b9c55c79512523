import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { QuickTunnels, SharedAttempts } from "../../../src/features/tunnels/quick-tunnels.ts";
import { Supervisor } from "../../../src/supervisor/supervisor.ts";
import type { TunnelService } from "../../../src/features/web/tunnel-targets.ts";
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

/** A service without a login, for which nobody waits. */
const bare = (port: number): TunnelService => ({
  port,
  name: `port ${port}`,
  target: port,
  https: false,
  isGuarded: false,
  refusal: undefined,
});

function tunnelsTo(port: number): QuickTunnels {
  return new QuickTunnels({
    supervisor,
    env: { PATH: `${bin}:/usr/bin:/bin` },
    services: () => [bare(port)],
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

/** Tunnels to services that change while they are open. */
const tunnelsOf = (services: () => TunnelService[]) =>
  new QuickTunnels({ supervisor, env: { PATH: `${bin}:/usr/bin:/bin` }, services, onChange() {} });

/** Where the process of every tunnel that is up leads. */
const opened = () =>
  supervisor.programs
    .filter(({ pid }) => pid !== null)
    .map(({ spec }) => spec.command.at(-1)?.replace("--url=http://127.0.0.1:", ""));

test("a tunnel leads to what stands in front of a service, and never past it", async () => {
  using service = Bun.serve({ port: 0, fetch: () => new Response("here") });
  const front = freePort();
  const guarded = { ...bare(service.port!), target: front, isGuarded: true };
  const tunnels = tunnelsOf(() => [guarded]);
  const waits = [
    { state: "STOPPED", reason: `waits for port ${front}, which stands in front of the service` },
  ];
  const day = 86_400_000;
  for (const now of [0, 11_000, 61_000, day]) {
    await tunnels.step(now);
    expect(supervisor.programs).toMatchObject(waits);
  }
  const guard = Bun.serve({ port: front, fetch: () => new Response("front") });
  await tunnels.step(day + 1000);
  expect(opened()).toEqual([String(front)]);
  expect(supervisor.programs[0]!.reason).toBeNull();
  await guard.stop(true);
  for (const now of [1, 59, 62, 72, 200].map((seconds) => day + 1000 * (seconds + 1)))
    await tunnels.step(now);
  expect(supervisor.programs).toMatchObject(waits);
});

test("a tunnel closes as soon as its service has a front, or a login no more", async () => {
  using app = Bun.serve({ port: 0, fetch: () => new Response("here") });
  using front = Bun.serve({ port: 0, fetch: () => new Response("front") });
  let service = bare(app.port!);
  const tunnels = tunnelsOf(() => [service]);
  await tunnels.step(0);
  expect(opened()).toEqual([String(app.port)]);
  service = { ...service, target: front.port!, isGuarded: true };
  await tunnels.step(1000);
  expect(opened()).not.toContain(String(app.port));
  await tunnels.step(40_000);
  expect(opened()).toEqual([String(front.port)]);
  service = { ...service, refusal: "no login stands in front of it" };
  await tunnels.step(41_000);
  await tunnels.step(86_400_000);
  expect(opened()).toEqual([]);
  expect(supervisor.programs).toMatchObject([{ state: "STOPPED", reason: "no login stands in front of it" }]);
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
