import { expect, test } from "bun:test";
import { observeCloudflared } from "../../../src/features/tunnels/observe.ts";

const at = "2026-11-23T21:37:58Z";

test.each([
  ["alone", ""],
  ["before a flood of lines in the same piece of output", `${at} ERR the edge refuses\n`.repeat(1500)],
])("the port of its metrics is found: %s", async (_, flood) => {
  using metrics = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: ({ url }) =>
      Response.json(new URL(url).pathname === "/ready" ? { readyConnections: 4 } : { hostname: "" }),
  });
  const over = new AbortController();
  const ready = Promise.withResolvers<boolean>();
  const observer = observeCloudflared({
    over: over.signal,
    ready: ready.resolve,
    note() {},
    fact() {},
  });
  const line = `${at} INF Starting metrics server on 127.0.0.1:${metrics.port}/metrics\n`;
  observer.onOutput!(Buffer.from(line + flood));
  expect(await ready.promise).toBeTrue();
  over.abort();
});
