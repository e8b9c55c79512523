import { expect, test } from "bun:test";
import { type BootOptions, type Container, keypair, waitFor } from "../harness.ts";
import { Cloudflare, status, tunnels } from "./_cloudflare.ts";

const ADDRESS = /^https:\/\/[a-z0-9-]+\.trycloudflare\.com$/;

const web = (port: number, more = "") =>
  `[program:web${port}]\ncommand=bun /fixtures/web-fixture.ts ${port}\n${more}`;

async function address(container: Container, port: number): Promise<string> {
  return await waitFor(
    async () => {
      const row = (await tunnels(container)).find(({ target }) => target?.endsWith(`:${port}`));
      return row?.ready && row.url;
    },
    { what: `a tunnel to port ${port}`, detail: () => container.logs() },
  );
}

/** No front: tunnels lead to the services themselves. */
const BARE = { CF_QUICK_TUNNELS: "open", AI_DOCK_PORTAL: "false" };

const withTunnels = (options: BootOptions): BootOptions => ({
  ...options,
  env: { ...BARE, ...options.env },
});

test.concurrent("a web service gets a tunnel once it answers, and its address shows everywhere", async () => {
  const key = await keypair();
  const cloudflare = new Cloudflare();
  await using container = await cloudflare.boot(
    withTunnels({
      env: { SSH_PUBKEY: key.public },
      programs: { "web.conf": web(8188, "web_port=8188\nweb_name=Comfy\n") },
    }),
  );
  const url = await address(container, 8188);
  expect(url).toMatch(ADDRESS);
  expect(cloudflare.starts()[0]!.argv).toContain("--url=http://127.0.0.1:8188");
  expect(await status(container, "quicktunnel:8188")).toMatchObject({
    state: "RUNNING",
    ready: true,
    note: url,
  });
  expect(await container.waitLog(`Comfy (port 8188): ${url}`)).toContain(url);
  await waitFor(async () =>
    (await container.ssh(undefined, { key, stdin: "exit\n", tty: true })).stdout.includes(`Comfy: ${url}`),
  );
  expect(await container.sh("ai-dock tunnels")).toContain(url);

  await container.sh("ai-dock stop web8188");
  await waitFor(async () => (await tunnels(container)).length === 0);
  expect(await status(container, "quicktunnel:8188")).toBeUndefined();
});

test.concurrent("a tunnel that is killed comes back, and its new address replaces the old one", async () => {
  const cloudflare = new Cloudflare();
  await using container = await cloudflare.boot(
    withTunnels({ programs: { "web.conf": web(8188, "web_port=8188\n") } }),
  );
  const before = await address(container, 8188);
  await container.sh(`kill -KILL ${(await status(container, "quicktunnel:8188"))!.pid}`);
  const after = await waitFor(async () => {
    const found = await tunnels(container);
    return found[0]?.url && found[0].url !== before && found[0].url;
  });
  expect(after).toMatch(ADDRESS);
  await waitFor(async () => (await container.read("/run/ai-dock/tunnels")).trim() === `web8188: ${after}`);
});

test.concurrent("a restart of its service keeps the tunnel, and a reload of everything has it again", async () => {
  const cloudflare = new Cloudflare();
  await using container = await cloudflare.boot(
    withTunnels({ programs: { "web.conf": web(8188, "web_port=8188\n") } }),
  );
  const url = await address(container, 8188);
  await container.sh("ai-dock restart web8188");
  expect(await address(container, 8188)).toBe(url);
  await container.sh("supervisorctl reload");
  await container.waitLog("restarting all programs by request");
  await waitFor(async () => (await status(container, "web8188"))?.state === "RUNNING");
  expect(await address(container, 8188)).toMatch(ADDRESS);
});

test.concurrent("services that announce themselves in /run/http_ports, as they come and go", async () => {
  const cloudflare = new Cloudflare();
  await using container = await cloudflare.boot(
    withTunnels({ programs: { "web.conf": web(8188) + web(9000) }, env: { CF_QUICK_TUNNELS: "true" } }),
  );
  await container.waitReady();
  expect(await tunnels(container)).toEqual([]);
  const text = JSON.stringify({ listen_port: "8188", proxy_port: 18188, service_name: "App" });
  await container.sh(`echo '${text}' >/run/http_ports/18188; touch /run/http_ports/9000`);
  // Port 8188 answers, and what stands in front of it does not; on port 9000 nothing asks for a login.
  const waits = "waits for port 18188, which stands in front of the service";
  await waitFor(async () => (await tunnels(container)).length === 2);
  expect(await tunnels(container)).toMatchObject([
    { service: "App", target: "http://localhost:18188", ready: false, url: null, reason: waits },
    { service: "port 9000", ready: false, reason: expect.stringContaining("no login") as string },
  ]);
  await container.exec(["bash", "-c", "setsid bun /fixtures/web-fixture.ts 18188 >/dev/null 2>&1 &"]);
  await address(container, 18188);
  expect(cloudflare.starts().map(({ argv }) => argv.at(-1))).toEqual(["--url=http://127.0.0.1:18188"]);
  await container.sh("rm /run/http_ports/18188");
  await waitFor(async () => (await status(container, "quicktunnel:18188")) === undefined);
});

test.concurrent("a tunnel leads to the login in front of a service, wherever the service listens", async () => {
  const cloudflare = new Cloudflare();
  const behind = `[program:behind]\ncommand=bun /fixtures/web-fixture.ts 17000\nweb_port=7000\nweb_listen_port=17000\n`;
  await using container = await cloudflare.boot({
    env: { CF_QUICK_TUNNELS: "true" },
    programs: { "web.conf": web(8188, "web_port=8188\n") + behind },
  });
  const targets = await waitFor(async () => {
    const found = cloudflare.starts().map(({ argv }) => argv.at(-1)!.replace("--url=http://127.0.0.1:", ""));
    return found.length === 3 && found;
  });
  expect(targets).toContain("1111");
  expect(targets).toContain("7000");
  // The program holds port 8188 itself: the tunnel has a port of its own with the login.
  const own = targets.find((port) => port !== "1111" && port !== "7000");
  expect(own).not.toBe("8188");
  for (const port of ["7000", own])
    expect(await container.sh(`curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:${port}/`)).toBe(
      "401",
    );
  const user = "-u user:$(ai-dock web --credentials | awk '/^password/ { print $2 }')";
  expect(await container.sh(`curl -s ${user} http://127.0.0.1:${own}/; curl -s http://127.0.0.1:8188/`)).toBe(
    "here\nhere",
  );
});

test.concurrent("a list of ports", async () => {
  const cloudflare = new Cloudflare();
  await using container = await cloudflare.boot({
    env: { ...BARE, CF_QUICK_TUNNELS: "open,9000, 8188" },
    programs: { "web.conf": web(8188) + web(7000, "web_port=7000\n") },
  });
  await address(container, 8188);
  expect(await tunnels(container)).toHaveLength(1);
  await container.exec(["bash", "-c", "setsid bun /fixtures/web-fixture.ts 9000 >/dev/null 2>&1 &"]);
  await address(container, 9000);
});

test.concurrent("where Cloudflare limits the rate, attempts of all tunnels together grow rare", async () => {
  const cloudflare = new Cloudflare("rate-limited");
  await using container = await cloudflare.boot({
    env: { ...BARE, CF_QUICK_TUNNELS: "open,8181,8182,8183", AI_DOCK_ON_FATAL: "exit" },
    programs: { "web.conf": [8181, 8182, 8183].map((port) => web(port)).join("") },
  });
  await container.waitLog(/next attempt in 5 s[^]*next attempt in 10 s/);
  expect(cloudflare.starts()).toHaveLength(2);
  expect((await container.exec(["ai-dock", "health"])).code).toBe(0);
  cloudflare.mode("ok");
  for (const port of [8181, 8182, 8183]) await address(container, port);
});

test.concurrent("tunnels that older images open themselves are listed, too", async () => {
  const cloudflare = new Cloudflare();
  const script = "cloudflared tunnel --url localhost:$PORT >/var/log/supervisor/quicktunnel-app.log 2>&1";
  await using container = await cloudflare.boot(
    withTunnels({ programs: { "old.conf": `[program:old]\ncommand=bash -c "PORT=8188; ${script}"\n` } }),
  );
  const row = await waitFor(async () => {
    const [found] = await tunnels(container);
    return found !== undefined && found.url !== null && found;
  });
  const url = String(row.url);
  expect(url).toMatch(ADDRESS);
  expect(row).toMatchObject({ kind: "quick", target: "localhost:8188", service: "quicktunnel-app.log" });
  await waitFor(async () =>
    (await container.exec(["ai-dock", "logs", "quicktunnel-app"])).stdout.includes(url),
  );
});

test.concurrent("one that was stopped by hand stays so", async () => {
  const cloudflare = new Cloudflare();
  await using container = await cloudflare.boot({
    env: { ...BARE, CF_QUICK_TUNNELS: "open,8188" },
    programs: { "web.conf": web(8188) },
  });
  await address(container, 8188);
  await container.sh("ai-dock stop quicktunnel:8188");
  await waitFor(async () => !(await container.read("/run/ai-dock/tunnels")).includes("http"));
  expect(await status(container, "quicktunnel:8188")).toMatchObject({ state: "STOPPED", pid: null });
  await container.sh("ai-dock start quicktunnel:8188");
  await address(container, 8188);
});
