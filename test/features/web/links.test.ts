import { expect, test } from "bun:test";
import { readSettings } from "../../../src/env/load.ts";
import { linksOf, outside } from "../../../src/features/web/links.ts";

const links = (env: Record<string, string>, more: Partial<Parameters<typeof linksOf>[0]> = {}) =>
  linksOf({
    env,
    port: 8188,
    path: "/",
    https: false,
    domain: undefined,
    own: undefined,
    quick: undefined,
    named: [],
    ...more,
  }).map(({ kind, url }) => `${kind} ${url}`);

test("a direct link has the address and the port outside, as far as known", () => {
  expect(links({})).toEqual(["direct http://localhost:8188/"]);
  expect(links({ DIRECT_ADDRESS: "gpu.local" }, { path: "/lab" })).toEqual([
    "direct http://gpu.local:8188/lab",
  ]);
  expect(links({ DIRECT_ADDRESS: "false" })).toEqual([]);
  expect(links({ DIRECT_ADDRESS: "False" })).toEqual([]);
  expect(links({ DIRECT_ADDRESS: "fe80::1" }, { https: true })).toEqual(["direct https://[fe80::1]:8188/"]);
  expect(links({ DIRECT_ADDRESS: "[fe80::1]" })).toEqual(["direct http://[fe80::1]:8188/"]);
  const vast = { PUBLIC_IPADDR: "192.0.2.1", VAST_TCP_PORT_8188: "40001" };
  expect(links(vast)).toEqual(["direct http://192.0.2.1:40001/"]);
  expect(links({ ...vast, DIRECT_ADDRESS: "192.0.2.9" })).toEqual(["direct http://192.0.2.9:40001/"]);
  expect(links({ ...vast, VAST_TCP_PORT_8188: "x" })).toEqual(["direct http://192.0.2.1:8188/"]);
  expect(links({}, { own: "https://own.example/a" })).toEqual(["direct https://own.example/a"]);
  expect(links({}, { domain: "gpu.example.com", https: true })).toEqual([
    "direct https://gpu.example.com:8188/",
  ]);
});

test.each([
  "gpu.local:8080",
  "192.0.2.1:80",
  "[fe80::1]:80",
  "http://gpu.local",
  "gpu.local/a",
  "a b",
  "999.1.1.1",
  "1:2:3:",
])("an address with a port, or that is none, has one line and breaks no link: %s", (DIRECT_ADDRESS) => {
  const [problem, ...others] = readSettings({ DIRECT_ADDRESS }).problems;
  expect([problem?.message, others]).toEqual([
    `DIRECT_ADDRESS: expected a host name or an address without a port, or false, got "${DIRECT_ADDRESS}"; ignoring it`,
    [],
  ]);
  expect(links({ DIRECT_ADDRESS, PUBLIC_IPADDR: "192.0.2.1" })).toEqual(["direct http://192.0.2.1:8188/"]);
});

test("tunnels and RunPod's proxy come first", () => {
  const env = { RUNPOD_POD_ID: "abc123", RUNPOD_PUBLIC_IP: "192.0.2.2", RUNPOD_TCP_PORT_8188: "50000" };
  const more = { path: "/lab", quick: "https://a-b.trycloudflare.com", named: ["https://app.example.com"] };
  expect(links(env, more)).toEqual([
    "named https://app.example.com/lab",
    "runpod https://abc123-8188.proxy.runpod.net/lab",
    "quick https://a-b.trycloudflare.com/lab",
    "direct http://192.0.2.2:50000/lab",
  ]);
  expect(links({ RUNPOD_POD_ID: "a/../b" })).toEqual(["direct http://localhost:8188/"]);
  expect(outside(env).port(22)).toBe(22);
});
