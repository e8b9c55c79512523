import { expect, test } from "bun:test";
import { type Container, waitFor } from "../harness.ts";
import { Cloudflare, SECRET, status, TOKEN, tunnels } from "./_cloudflare.ts";

const named = (container: Container) => status(container, "cloudflared");

test.concurrent("the tunnel comes up with its token in no argument, log or file for all to read", async () => {
  const cloudflare = new Cloudflare();
  await using container = await cloudflare.boot({
    env: { CF_TUNNEL_TOKEN: TOKEN, MY_TUNNEL_PASSWORD: "hunter2-secret", DEBUG: "true" },
  });
  await container.waitReady();
  const row = await waitFor(async () => {
    const found = await named(container);
    return found?.ready && found.facts["connections"] === 4 && found;
  });
  expect(row).toMatchObject({ state: "RUNNING", note: "4 connections" });
  // The routes are cloudflared's own answer, for which a command waits for a short time only.
  const routes = await waitFor(async () => {
    const found = await tunnels(container);
    return found.length === 2 && found;
  });
  expect(routes).toMatchObject([
    { kind: "named", url: "https://app.example.com", target: "http://localhost:8188", ready: true },
    { target: "http://localhost:9000", service: "cloudflared, paths like ^/api" },
  ]);
  const [start] = cloudflare.starts();
  expect(start!.argv).toEqual([
    "tunnel",
    "--config=/dev/null",
    "--no-autoupdate",
    "--metrics=127.0.0.1:0",
    "--grace-period=3s",
    "run",
  ]);
  expect(start!.env["TUNNEL_TOKEN"]).toBe(TOKEN);
  expect(start!.env).not.toHaveProperty("MY_TUNNEL_PASSWORD");
  for (const secret of [TOKEN, SECRET, "hunter2-secret"]) {
    expect(await container.logs()).not.toContain(secret);
    expect(await container.sh("ps axww -o args; ai-dock env --all; ai-dock status --json")).not.toContain(
      secret,
    );
  }
  const readable = await container.sh(
    `grep -rlsF "${TOKEN}" /var /etc /run /tmp /opt /workspace | xargs -r stat -c '%a' || true`,
  );
  expect(readable.split("\n").filter((mode) => mode !== "" && !/^[67]00$/.test(mode))).toEqual([]);
  expect((await container.stop(30)).code).toBe(0);
  // It has ended by itself; the default of cloudflared's grace would have it killed.
  expect(await container.logs()).not.toContain("killing it");
});

test.concurrent("a token from a file, and one pasted with the whole command", async () => {
  const cloudflare = new Cloudflare();
  await using fromFile = await cloudflare.boot({
    env: { CF_TUNNEL_TOKEN_FILE: "/run/secrets/token" },
    files: { "/run/secrets/token": `${TOKEN}\n` },
  });
  await waitFor(async () => (await named(fromFile))?.ready);
  await using pasted = await cloudflare.boot({
    env: { CF_TUNNEL_TOKEN: `cloudflared.exe service install ${TOKEN}` },
  });
  await waitFor(async () => (await named(pasted))?.ready);
  expect(cloudflare.starts().map(({ env }) => env["TUNNEL_TOKEN"])).toEqual([TOKEN, TOKEN]);
});

test.concurrent("a token that cannot be one is FATAL, with cloudflared's words", async () => {
  const cloudflare = new Cloudflare();
  await using container = await cloudflare.boot({ env: { CF_TUNNEL_TOKEN: "not-a-token" } });
  const row = await waitFor(async () => {
    const found = await named(container);
    return found?.state === "FATAL" && found;
  });
  expect(row.reason).toBe("Provided Tunnel token is not valid.");
  expect(cloudflare.starts()).toHaveLength(1);
  expect((await container.exec(["ai-dock", "health"])).code).toBe(1);
});

test.concurrent("a revoked token shows as refused, while cloudflared goes on trying", async () => {
  const cloudflare = new Cloudflare("revoked");
  await using container = await cloudflare.boot({ env: { CF_TUNNEL_TOKEN: TOKEN } });
  const row = await waitFor(async () => {
    const found = await named(container);
    return found?.note?.includes("refuses the tunnel") && found;
  });
  expect(row).toMatchObject({ ready: false, facts: { connections: 0 } });
  expect(row.note).toContain("Unauthorized: Invalid tunnel secret");
  expect(await container.sh("ai-dock status")).toMatch(/^cloudflared .*Cloudflare refuses the tunnel/m);
  cloudflare.mode("ok");
  await waitFor(async () => (await named(container))?.note === "4 connections");
  expect(cloudflare.starts()).toHaveLength(1);
});

test.concurrent("what else Cloudflare refuses it for is the reason, and tried again", async () => {
  const cloudflare = new Cloudflare("deleted");
  await using container = await cloudflare.boot({ env: { CF_TUNNEL_TOKEN: TOKEN } });
  await waitFor(async () => (await named(container))?.reason === "Tunnel is deleted", {
    detail: () => container.logs(),
  });
  cloudflare.mode("ok");
  await waitFor(async () => (await named(container))?.ready, { limit: 60_000 });
});

test.concurrent("without a network it waits and never gives up", async () => {
  const cloudflare = new Cloudflare("no-dns");
  await using container = await cloudflare.boot({ env: { CF_TUNNEL_TOKEN: TOKEN } });
  const row = await waitFor(
    async () => {
      const found = await named(container);
      return cloudflare.starts().length > 4 && found?.state === "BACKOFF" && found;
    },
    { what: "the fifth start to fail", detail: () => container.logs(), limit: 150_000 },
  );
  expect(row.reason).toContain("Could not lookup srv records");
  cloudflare.mode("ok");
  await waitFor(async () => (await named(container))?.ready);
});

test.concurrent("connections that are lost make it not ready, and ready again when they are back", async () => {
  const cloudflare = new Cloudflare();
  await using container = await cloudflare.boot({ env: { CF_TUNNEL_TOKEN: TOKEN } });
  await waitFor(async () => (await named(container))?.ready);
  cloudflare.mode("unreachable");
  const row = await waitFor(async () => {
    const found = await named(container);
    // Right after the loss its last word is that the connection ended; why comes with the next try.
    return found?.ready === false && found.note?.includes("UDP is blocked") && found;
  });
  expect(row).toMatchObject({
    state: "RUNNING",
    note: expect.stringMatching(/^0 connections: .*UDP is blocked/),
  });
  cloudflare.mode("ok");
  await waitFor(async () => (await named(container))?.ready);
});

test.concurrent("a flood of its log stays within its files", async () => {
  const cloudflare = new Cloudflare("flood");
  await using container = await cloudflare.boot({ env: { CF_TUNNEL_TOKEN: TOKEN } });
  await container.waitReady();
  const size = async () =>
    Number(await container.sh("du -cb /var/log/supervisor/cloudflared.log* | tail -n 1 | cut -f 1"));
  await waitFor(async () => (await size()) > 15_000_000, { limit: 120_000 });
  await waitFor(
    async () => Number(await container.sh("ls /var/log/supervisor/cloudflared.log* | wc -l")) === 2,
  );
  expect(await size()).toBeLessThan(22_000_000);
  await waitFor(async () => (await named(container))?.ready);
  const log = await container.logs();
  expect(log.includes("cloudflared | … more comes too fast and is left out here")).toBeTrue();
  expect(log.length).toBeLessThan(5_000_000);
});

test.concurrent("what is missing is said", async () => {
  await using container = await new Cloudflare().boot({});
  await container.waitReady();
  expect(await named(container)).toMatchObject({ state: "STOPPED", reason: "CF_TUNNEL_TOKEN is not set" });
  expect((await container.exec(["ai-dock", "tunnels"])).stdout).toBe(
    "No tunnels: set CF_TUNNEL_TOKEN or CF_QUICK_TUNNELS\n",
  );
});
