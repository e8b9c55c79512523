import { expect, test } from "bun:test";
import { decide } from "../../../src/features/web/decide.ts";
import type { Entry } from "../../../src/features/web/registry.ts";
import { webSettings } from "../../../src/features/web/settings.ts";
import { tunnelServices } from "../../../src/features/web/tunnel-targets.ts";

const entry = (more: Partial<Entry> = {}): Entry => ({
  port: 8188,
  name: "App",
  kind: "app",
  appHost: "127.0.0.1",
  appPort: undefined,
  path: "/",
  program: null,
  url: undefined,
  sources: ["program"],
  ...more,
});
const ports = (more: { listening?: number[]; served?: number[]; refused?: number[] } = {}) => ({
  listening: new Set(more.listening),
  served: new Set(more.served),
  refused: new Set(more.refused),
});

test("where the app is said to listen elsewhere, its port is guarded at once", () => {
  expect(decide(entry({ appPort: 18_188 }), ports())).toMatchObject({ guarded: true, appPort: 18_188 });
  expect(decide(entry({ appPort: 18_188 }), ports({ listening: [8188], served: [8188] }))).toMatchObject({
    guarded: true,
  });
});

test("an app that holds the port itself is left alone, and what to change is said", () => {
  const taken = decide(entry(), ports({ listening: [8188] }));
  expect(taken).toMatchObject({ guarded: false, appPort: 8188 });
  expect(taken.reason).toContain("let the app listen on 127.0.0.1:18188");
  for (const state of [ports({ listening: [8188] }), ports({ refused: [8188] })])
    expect(decide(entry({ appPort: 9000 }), state).reason).toContain("let the app listen on 127.0.0.1:9000");
  expect(decide(entry({ kind: "portal", port: 1111 }), ports({ refused: [1111] })).reason).toContain(
    "AI_DOCK_PORTAL_PORT",
  );
});

test("where nothing is said, the port is left to the app until the app is seen 10,000 above", () => {
  expect(decide(entry(), ports())).toMatchObject({ guarded: false, open: true });
  expect(decide(entry(), ports({ listening: [18_188] }))).toMatchObject({ guarded: true, appPort: 18_188 });
  // Once guarded, it stays so while the app is away.
  expect(decide(entry(), ports({ listening: [8188], served: [8188] }))).toMatchObject({
    guarded: true,
    appPort: 18_188,
  });
  expect(decide(entry({ port: 60_000 }), ports({ listening: [70_000] }))).toMatchObject({ guarded: false });
});

const target = (
  env: Record<string, string>,
  more: { guarded: boolean; tunnelPort?: number; entry?: Entry },
) => {
  const { guarded, tunnelPort, entry: one = entry() } = more;
  const decision = { guarded, appPort: one.appPort ?? one.port, reason: null, open: false };
  const [service] = tunnelServices([{ entry: one, decision, tunnelPort }], webSettings(env), () => false);
  return service;
};

test("a tunnel leads to the guarded port, with the login on", () => {
  const [yes, open] = [{ CF_QUICK_TUNNELS: "true" }, { CF_QUICK_TUNNELS: "open" }];
  expect(target({}, { guarded: true })).toBeUndefined();
  expect(target({ CF_QUICK_TUNNELS: "9000" }, { guarded: true })).toBeUndefined();
  expect(target(yes, { guarded: true })).toMatchObject({ target: 8188, https: false, refusal: undefined });
  expect(target({ ...yes, WEB_ENABLE_HTTPS: "true" }, { guarded: true })).toMatchObject({ https: true });
  for (const off of [{ WEB_ENABLE_AUTH: "off" }, { WEB_AUTH_EXCLUDE: "1,8188" }, { AUTH_EXCLUDE: "8188" }]) {
    expect(target({ ...yes, ...off }, { guarded: true })?.refusal).toContain("CF_QUICK_TUNNELS=open");
    expect(target({ ...open, ...off }, { guarded: true })?.refusal).toBeUndefined();
    expect(target({ CF_QUICK_TUNNELS: "open, 8188", ...off }, { guarded: true })?.refusal).toBeUndefined();
  }
});

test("where the app holds its port, a tunnel leads to a port of its own with a login, or nowhere", () => {
  const [yes, open] = [{ CF_QUICK_TUNNELS: "true" }, { CF_QUICK_TUNNELS: "open" }];
  expect(target(yes, { guarded: false, tunnelPort: 30_000 })).toMatchObject({
    target: 30_000,
    isGuarded: true,
    refusal: undefined,
  });
  expect(target(yes, { guarded: false })?.refusal).toContain("waits for caddy");
  expect(target(open, { guarded: false })).toMatchObject({
    target: 8188,
    isGuarded: false,
    refusal: undefined,
  });
  // Not our front, and not past it: the tunnel waits until something answers there.
  const elsewhere = { guarded: false, entry: entry({ appPort: 18_188 }) };
  expect(target(yes, elsewhere)).toMatchObject({ target: 8188, isGuarded: true, refusal: undefined });
});
