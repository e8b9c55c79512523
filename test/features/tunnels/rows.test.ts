import { expect, test } from "bun:test";
import { ownTunnels } from "../../../src/features/tunnels/rows.ts";
import type { ProgramStatus } from "../../../src/supervisor/status.ts";

const status = (more: Partial<ProgramStatus>): ProgramStatus => ({
  name: "cloudflared",
  group: "cloudflared",
  state: "RUNNING",
  pid: 42,
  uptime_s: 1,
  ready: true,
  restarts: 0,
  exit_code: null,
  signal: null,
  reason: null,
  note: null,
  facts: {},
  ...more,
});

/** Metrics of a named tunnel with such an ingress. */
const metrics = (ingress: unknown) =>
  Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: ({ url }) =>
      new URL(url).pathname === "/config"
        ? Response.json({ version: 1, config: { ingress } })
        : new Response("", { status: 404 }),
  });

test("a named tunnel has a row for each public name that Cloudflare has configured", async () => {
  using server = metrics([
    { hostname: "app.example.com", service: "http://localhost:8188" },
    { hostname: "app.example.com", path: "^/api", service: "http://localhost:9000", originRequest: {} },
    { hostname: "", service: "http_status:404" },
    { service: "http_status:404" },
  ]);
  const row = { kind: "named", ready: true, pid: 42, reason: "4 connections" };
  const facts = { metrics_port: server.port! };
  expect(await ownTunnels([status({ note: "4 connections", facts })])).toEqual([
    {
      ...row,
      kind: "named",
      url: "https://app.example.com",
      target: "http://localhost:8188",
      service: "cloudflared",
    },
    {
      ...row,
      kind: "named",
      url: "https://app.example.com",
      target: "http://localhost:9000",
      service: "cloudflared, paths like ^/api",
    },
  ]);
});

test.each([
  ["before its metrics are known", {}],
  ["whose metrics do not answer", { metrics_port: 1 }],
])("a named tunnel %s has one row without an address", async (_, facts) => {
  expect(await ownTunnels([status({ ready: false, note: "0 connections", facts })])).toEqual([
    {
      kind: "named",
      url: null,
      target: null,
      service: "cloudflared",
      ready: false,
      pid: 42,
      reason: "0 connections",
    },
  ]);
});

test("a named tunnel without routes or process, and other programs", async () => {
  using server = metrics(null);
  const facts = { metrics_port: server.port! };
  expect(await ownTunnels([status({ facts })])).toMatchObject([{ url: null, target: null }]);
  expect(await ownTunnels([status({ pid: null }), status({ name: "sshd", group: "sshd" })])).toEqual([]);
});

test("quick tunnels tell their service, their address, and what they wait for", async () => {
  const quick = { name: "8188", group: "quicktunnel" };
  const url = "https://a-b-c.trycloudflare.com";
  expect(
    await ownTunnels([
      status({ ...quick, note: url, facts: { url, service: "Comfy", target: 18188 } }),
      status({ ...quick, pid: null, ready: false, reason: "waits for port 8188", facts: {} }),
      status({ ...quick, ready: false, note: "0 connections: refused" }),
    ]),
  ).toEqual([
    {
      kind: "quick",
      url,
      target: "http://localhost:18188",
      service: "Comfy",
      ready: true,
      pid: 42,
      reason: null,
    },
    {
      kind: "quick",
      url: null,
      target: "http://localhost:8188",
      service: "port 8188",
      ready: false,
      pid: null,
      reason: "waits for port 8188",
    },
    {
      kind: "quick",
      url: null,
      target: "http://localhost:8188",
      service: "port 8188",
      ready: false,
      pid: 42,
      reason: "0 connections: refused",
    },
  ]);
});
