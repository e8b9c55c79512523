import { expect, test } from "bun:test";
import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cloudflaredEnvironment, findCloudflared } from "../../../src/features/tunnels/environment.ts";

test("cloudflared gets no variable that it would log", () => {
  const env = {
    PATH: "/bin",
    MY_TUNNEL_SECRET: "abc",
    OTHER: "has TUNNEL_ in it",
    CF_TUNNEL_TOKEN: "t",
    TUNNEL_TRANSPORT_PROTOCOL: "http2",
    HTTPS_PROXY: "http://proxy",
    TUNNEL_RETRIES: "many",
  };
  expect(cloudflaredEnvironment(env)).toEqual({
    PATH: "/bin",
    TUNNEL_TRANSPORT_PROTOCOL: "http2",
    HTTPS_PROXY: "http://proxy",
    HOME: "/nonexistent",
  });
});

test("cloudflared is found on the PATH of the environment", () => {
  const folder = mkdtempSync(join(tmpdir(), "bin-"));
  expect(findCloudflared({ PATH: folder })).toBeUndefined();
  writeFileSync(join(folder, "cloudflared"), "#!/bin/sh\n");
  expect(findCloudflared({ PATH: folder })).toBeUndefined();
  chmodSync(join(folder, "cloudflared"), 0o755);
  expect(findCloudflared({ PATH: `/nonexistent:${folder}` })).toBe(join(folder, "cloudflared"));
});
