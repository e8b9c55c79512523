import { expect, test } from "bun:test";
import { namedTunnelProgram } from "../../../src/features/tunnels/program.ts";
import { quickTunnelProgram } from "../../../src/features/tunnels/quick-program.ts";

const NOT_INSTALLED =
  "cloudflared is not installed; use an image with it, or put it at /usr/local/bin/cloudflared";

test("a token is taken out of a pasted command line", () => {
  for (const text of [
    "eyJh",
    " eyJh\n",
    "sudo cloudflared service install eyJh",
    "cloudflared tunnel run --token eyJh",
  ])
    expect(namedTunnelProgram(text, {}).environment["TUNNEL_TOKEN"]).toBe("eyJh");
});

test("a named tunnel has its token in no argument, and says what is missing", async () => {
  const wanted = namedTunnelProgram("eyJh", { PATH: "/nonexistent", SECRET: "s" });
  expect(wanted.command.join(" ")).not.toContain("eyJh");
  expect(wanted.environment).toEqual({ PATH: "/nonexistent", HOME: "/nonexistent", TUNNEL_TOKEN: "eyJh" });
  expect(await wanted.prepare!()).toBe(NOT_INSTALLED);
  const without = namedTunnelProgram(undefined, {});
  expect([without.skipped, await without.prepare!()]).toEqual(Array(2).fill("CF_TUNNEL_TOKEN is not set"));
});

test("a quick tunnel leads to its target, and tells its address", async () => {
  const urls: string[] = [];
  const facts = new Map<string, unknown>();
  const service = {
    port: 8188,
    target: 18188,
    name: "Comfy",
    https: false,
    isGuarded: true,
    refusal: undefined,
  };
  const spec = quickTunnelProgram(service, { PATH: "/nonexistent" }, (url) => urls.push(url));
  expect([spec.name, spec.group, spec.command.at(-1)]).toEqual([
    "8188",
    "quicktunnel",
    "--url=http://127.0.0.1:18188",
  ]);
  expect(spec.environment["TUNNEL_TRANSPORT_PROTOCOL"]).toBe("auto");
  expect(await spec.prepare!()).toBe(NOT_INSTALLED);
  const over = new AbortController();
  using metrics = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: ({ url }) =>
      Response.json(
        new URL(url).pathname === "/ready"
          ? { readyConnections: 1 }
          : { hostname: "a-b-c.trycloudflare.com" },
      ),
  });
  const ready = Promise.withResolvers<boolean>();
  const observer = spec.observe!({
    over: over.signal,
    ready: ready.resolve,
    note() {},
    fact: (key, value) => void facts.set(key, value),
  });
  const line = `2026-11-23T21:37:58Z INF Starting metrics server on 127.0.0.1:${metrics.port}/metrics\n`;
  observer.onOutput!(Buffer.from(line));
  expect(await ready.promise).toBeTrue();
  expect(urls).toEqual(["https://a-b-c.trycloudflare.com"]);
  expect([spec.facts, facts.get("url")]).toEqual([{ service: "Comfy", target: 8188 }, urls[0]]);
  over.abort();
});

test("a quick tunnel to https trusts the certificate that only this container knows", () => {
  const service = {
    port: 8188,
    target: 8188,
    name: "Comfy",
    https: true,
    isGuarded: true,
    refusal: undefined,
  };
  const { command } = quickTunnelProgram(service, { PATH: "/nonexistent" }, () => undefined);
  expect(command.slice(-2)).toEqual(["--no-tls-verify", "--url=https://127.0.0.1:8188"]);
});
