import { expect, test } from "bun:test";
import { boot, waitFor } from "../harness.ts";

const DOMAIN = "gpu.example.test";
const CA = "ca.example.test:14000";

/** Another Caddy as an ACME server, with an authority of its own; it asks on ports 80 and 443 of the domain. */
const authority = JSON.stringify({
  admin: { disabled: true },
  apps: {
    http: {
      servers: {
        ca: {
          listen: [":14000"],
          automatic_https: { disable: true },
          tls_connection_policies: [{}],
          routes: [{ handle: [{ handler: "acme_server", ca: "local" }] }],
        },
      },
    },
    tls: {
      certificates: { automate: ["ca.example.test"] },
      automation: { policies: [{ issuers: [{ module: "internal" }] }] },
    },
    pki: { certificate_authorities: { local: { install_trust: false, name: "Test authority" } } },
  },
});

/** Its root where it keeps that, for itself alone, and where all may read it. */
const ITS_ROOT = "/tmp/ca/caddy/pki/authorities/local/root.crt";
const ROOT = "/tmp/root.crt";

test("WEB_DOMAIN gets a certificate of the ACME server, for the portal's port and for 443", async () => {
  await using container = await boot({
    env: {
      WEB_DOMAIN: DOMAIN,
      WEB_ACME_CA: `https://${CA}/acme/local/directory`,
      WEB_PASSWORD: "hunter22",
      SSL_CERT_FILE: ROOT,
      // They are started when the authority has its root.
      AI_DOCK_DISABLE: "caddy,portal",
    },
    files: { "/etc/ca.json": authority },
    programs: {
      "ca.conf":
        "[program:ca]\ncommand=caddy run --config /etc/ca.json\nenvironment=XDG_DATA_HOME=/tmp/ca,HOME=/tmp/ca\nready=tcp:14000\n",
    },
    more: ["--add-host", `${DOMAIN}:127.0.0.1`, "--add-host", "ca.example.test:127.0.0.1"],
  });
  await container.waitReady();
  await waitFor(async () => (await container.exec(["install", "-m", "0644", ITS_ROOT, ROOT])).code === 0, {
    what: "the root of the authority",
    detail: () => container.logs(),
  });
  await container.sh("ai-dock start portal caddy");
  const ask = (port: number) =>
    container.exec([
      "curl",
      "-sS",
      "--cacert",
      ROOT,
      "-u",
      "user:hunter22",
      `https://${DOMAIN}:${port}/api/v1/state`,
    ]);
  await waitFor(async () => (await ask(1111)).code === 0, {
    what: "a certificate of the authority",
    detail: () => container.logs(),
  });
  expect((await ask(443)).stdout).toContain('"phase":"running"');
  const shown = await container.sh(
    `curl -sv --cacert ${ROOT} https://${DOMAIN}/ai-dock/health-check 2>&1 | grep -i 'issuer:'`,
  );
  expect(shown).toContain("Test authority");
  // Other names still have certificates of Caddy's own authority.
  const own = "/var/lib/ai-dock/web/caddy/caddy/pki/authorities/local/root.crt";
  const health = await waitFor(
    () => container.sh(`curl -s --cacert ${own} https://localhost:1111/ai-dock/health-check`),
    { what: "a certificate of Caddy's own authority", detail: () => container.logs() },
  );
  expect(health).toBe("ok");
});
