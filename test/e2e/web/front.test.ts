import { expect, test } from "bun:test";
import { boot, type Container, tempFolder, waitFor } from "../harness.ts";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const app = `[program:app]
command=bun /fixtures/web-fixture.ts 18188
web_port=8188
web_listen_port=18188
web_name=App
ready=tcp:18188
`;

const PASSWORD = "s3cret-password";
const LOGIN = `-u user:${PASSWORD}`;

/** The status of an answer to curl in the container; Caddy itself waits for 10 s. */
const statusOf = async (container: Container, words: string) =>
  Number(await container.sh(`curl -sk -o /dev/null -m 60 -w '%{http_code}' ${words} || true`));

const waitStatus = async (container: Container, words: string, status: number) =>
  await waitFor(async () => (await statusOf(container, words)) === status, {
    what: `${status} of ${words}`,
    detail: () => container.logs(),
  });

const listening = (container: Container) =>
  container.sh("awk '$4 == \"0A\" { print $2 }' /proc/net/tcp /proc/net/tcp6");

/** Headers of the answer to the button behind a link of one use. */
async function useLink(container: Container, link: string): Promise<string> {
  const { origin, searchParams } = new URL(link);
  const form = `-d code=${searchParams.get("code") ?? ""} ${origin}/ai-dock/pre-auth`;
  return await container.sh(`curl -si -H 'Origin: ${origin}' ${form}`);
}

test.concurrent("where nobody asks, nothing starts and nothing listens", async () => {
  await using container = await boot();
  await container.waitReady();
  expect(await container.sh("ai-dock status")).toMatch(
    /^portal +STOPPED +nothing to show or guard.*\n^caddy +STOPPED +nothing to show/m,
  );
  expect(await listening(container)).toBe("");
  expect(await container.sh("ps axo args")).not.toMatch(/caddy|ai-dock portal/);
  // When the first boot was is kept of every container.
  expect(await container.sh("ls -A /run/http_ports; ls -A /var/lib/ai-dock")).toBe("first-boot");
  const { code, stderr } = await container.exec(["ai-dock", "web"]);
  expect([code, stderr]).toEqual([3, expect.stringContaining("No portal: nothing to show")]);
});

test.concurrent("a program with web_port gets a login, which neither logs nor ps nor files tell", async () => {
  await using container = await boot({
    fixtures: true,
    env: { WEB_PASSWORD: PASSWORD, WEB_TOKEN: "s3cret-token" },
    programs: { "app.conf": app },
  });
  await container.waitReady();
  const at = "http://127.0.0.1:8188/";
  expect(await statusOf(container, at)).toBe(401);
  expect(await statusOf(container, `-u user:wrong ${at}`)).toBe(401);
  expect(await container.sh(`curl -s ${LOGIN} ${at}`)).toBe("here");
  expect(await container.sh(`curl -s -H 'Authorization: Bearer s3cret-token' ${at}`)).toBe("here");
  expect(await statusOf(container, `${at}ai-dock/health-check`)).toBe(200);
  // The portal's own port, with a link of one use.
  const { login_url: link } = JSON.parse(await container.sh("ai-dock web --json")) as { login_url: string };
  expect(await container.sh(`curl -si '${link}'`)).not.toMatch(/set-cookie: ai_dock_/i);
  const first = await useLink(container, link);
  expect(first).toMatch(/^HTTP\/1.1 303/);
  expect(first).toMatch(/set-cookie: ai_dock_[0-9a-f]{8}_session=[^;]+;.*HttpOnly/i);
  expect(await useLink(container, link)).not.toMatch(/set-cookie: ai_dock_/i);
  // Secrets.
  const everything = await container.sh(
    "ps axo args; for p in /proc/[0-9]*; do s=$(stat -c %u $p); [ $s = 0 ] || tr '\\0' '\\n' <$p/environ; done; curl -s --unix-socket /run/ai-dock/web/caddy/admin.sock http://x/config/",
  );
  const world = await container.sh(
    "find / -xdev -type f -perm -o+r -newer /proc/1 2>/dev/null -print0 | xargs -0r grep -l s3cret- 2>/dev/null || true",
  );
  for (const text of [everything, world, await container.logs()]) expect(text).not.toContain("s3cret-");
  expect(await container.sh("stat -c '%a %U' /var/lib/ai-dock/web/credentials.json")).toBe("600 root");
  const users = await container.sh(
    "ps axo uid=,args= | grep -E '[c]addy run|[a]i-dock portal' | awk '{ print $1 }'",
  );
  expect(users.split("\n").toSorted()).toEqual(["61901", "61902"]);
});

test.concurrent("services come and go with their files, and the front starts with the first", async () => {
  await using container = await boot({ fixtures: true });
  await container.waitReady();
  await container.exec(["bash", "-c", "setsid bun /fixtures/web-fixture.ts 17860 >/dev/null 2>&1 &"]);
  const file = JSON.stringify({ listen_port: "17860", proxy_port: "7860", service_name: "Forge" });
  await container.sh(`echo '${file}' >/run/http_ports/7860`);
  await waitStatus(container, "http://127.0.0.1:7860/", 401);
  const login = "-u user:$(ai-dock web --credentials | awk '/^password/ { print $2 }')";
  await waitStatus(container, `${login} http://127.0.0.1:7860/`, 200);
  expect(await container.sh(`curl -s ${login} http://127.0.0.1:7860/`)).toBe("here");
  expect(await container.sh("ai-dock web")).toMatch(/^Forge +http:\/\/localhost:7860\/ +direct/m);
  expect(await container.sh("direct-url -p 7860 -l /x", { user: "nobody" })).toBe("http://localhost:7860/x");
  await container.sh("rm /run/http_ports/7860");
  await waitStatus(container, "http://127.0.0.1:7860/", 0);
  expect(await statusOf(container, "http://127.0.0.1:1111/")).toBe(401);
});

test.concurrent("closed while the portal is away; both come back when they are killed", async () => {
  await using container = await boot({
    fixtures: true,
    env: { WEB_PASSWORD: PASSWORD },
    programs: { "app.conf": app },
  });
  await container.waitReady();
  const at = `${LOGIN} http://127.0.0.1:8188/`;
  await container.sh("ai-dock stop portal");
  expect(await statusOf(container, at)).toBe(502);
  await container.sh("ai-dock start portal");
  await waitStatus(container, at, 200);
  await container.sh("kill -STOP $(supervisorctl pid portal)");
  expect(await statusOf(container, at)).toBeOneOf([502, 504]);
  await container.sh("kill -KILL $(supervisorctl pid portal)");
  await waitStatus(container, at, 200);
  await container.sh("kill -KILL $(supervisorctl pid caddy)");
  await waitStatus(container, at, 200);
});

test.concurrent("an app that is not there yet has a page, while provisioning runs as well", async () => {
  const folder = tempFolder();
  const script = join(folder, "provisioning.sh");
  writeFileSync(script, "#!/bin/bash\necho half way\nuntil [ -e /tmp/go ]; do sleep 0.1; done\n");
  chmodSync(script, 0o755);
  await using container = await boot({
    fixtures: true,
    env: { WEB_PASSWORD: PASSWORD, PROVISIONING_SCRIPT: "/provisioning/provisioning.sh" },
    mounts: [`${folder}:/provisioning:ro`],
    programs: { "app.conf": app },
  });
  await waitStatus(container, `${LOGIN} http://127.0.0.1:8188/`, 503);
  expect(await container.sh(`curl -si ${LOGIN} http://127.0.0.1:8188/`)).toMatch(/^retry-after: \d+/im);
  const page = await container.sh(
    `curl -s ${LOGIN} -H 'Accept: text/html' -H 'Sec-Fetch-Mode: navigate' http://127.0.0.1:8188/`,
  );
  expect(page).toContain("provisioning");
  expect(await statusOf(container, "http://127.0.0.1:8188/")).toBe(401);
  await container.sh("touch /tmp/go");
  await waitStatus(container, `${LOGIN} http://127.0.0.1:8188/`, 200);
});

test.concurrent("https on the same port, with http sent there", async () => {
  await using container = await boot({
    fixtures: true,
    env: { WEB_PASSWORD: PASSWORD, ENABLE_HTTPS: "true" },
    programs: { "app.conf": app },
  });
  await container.waitReady();
  await waitStatus(container, `${LOGIN} https://localhost:8188/`, 200);
  expect(await container.sh("curl -si http://localhost:8188/a")).toMatch(
    /^HTTP\/1.. 308[^]*^location: https:\/\/localhost:8188\/a\r$/im,
  );
  const root = "/var/lib/ai-dock/web/caddy/caddy/pki/authorities/local/root.crt";
  expect(await container.sh(`curl -s --cacert ${root} ${LOGIN} https://localhost:8188/`)).toBe("here");
  expect(await container.logs()).not.toMatch(/trust|root certificate/);
});

test.concurrent("logins survive a restart of the container, and end with another password", async () => {
  await using container = await boot({ env: { AI_DOCK_PORTAL: "true" } });
  await container.waitReady();
  const { login_url: link } = JSON.parse(await container.sh("ai-dock web --json")) as { login_url: string };
  const [, cookie = ""] = /^set-cookie: (ai_dock_[^;]+)/im.exec(await useLink(container, link)) ?? [];
  const state = "http://127.0.0.1:1111/api/v1/state";
  expect(await statusOf(container, `-H 'Cookie: ${cookie}' ${state}`)).toBe(200);
  await container.restart();
  await container.waitReady();
  await waitStatus(container, `-H 'Cookie: ${cookie}' ${state}`, 200);
  await container.sh("echo 'new password' | set-web-credentials me -");
  await waitStatus(container, `-H 'Cookie: ${cookie}' ${state}`, 401);
  expect(await statusOf(container, `-u 'me:new password' ${state}`)).toBe(200);
  expect(await container.logs()).not.toContain("new password");
});

test.concurrent("without Caddy the front says what is missing, and the container is well", async () => {
  const folder = tempFolder();
  await using container = await boot({
    env: { AI_DOCK_PORTAL: "true" },
    mounts: [`${folder}:/usr/local/lib/none:ro`, "/dev/null:/usr/local/bin/caddy:ro"],
  });
  await container.waitReady();
  expect(await container.sh("ai-dock status caddy || true")).toMatch(
    /^caddy +STOPPED +caddy is not installed; use an image/,
  );
  const { stdout } = await container.exec(["ai-dock", "doctor"]);
  expect(stdout).toMatch(/^error +caddy +not installed/m);
});

test.concurrent("what a drop-in of the same name runs takes Caddy's place", async () => {
  await using container = await boot({
    fixtures: true,
    env: { WEB_PASSWORD: PASSWORD },
    programs: {
      "caddy.conf": "[program:caddy]\ncommand=bun /fixtures/web-fixture.ts 8188\nready=tcp:8188\n",
      "app.conf": app,
    },
  });
  await container.waitReady();
  expect(await container.sh("curl -s http://127.0.0.1:8188/")).toBe("here");
});

test.concurrent("neither Caddy nor the portal ever runs as root; other users, and a read-only root, are fine", async () => {
  const env = { WEB_PASSWORD: PASSWORD, AI_DOCK_PORTAL: "true" };
  await using bare = await boot({ env, capDrop: ["ALL"] });
  await using own = await boot({ env, user: "1000" });
  await using readOnly = await boot({ env: { ...env, WEB_ENABLE_HTTPS: "true" }, readOnly: true });
  await bare.waitReady();
  expect(await bare.sh("ai-dock status || true")).toMatch(
    /^portal +STOPPED +capabilities .*SETUID.* missing.*\n^caddy +STOPPED +capabilities/m,
  );
  await waitStatus(own, `${LOGIN} http://127.0.0.1:1111/api/v1/state`, 200);
  await waitStatus(readOnly, `${LOGIN} https://127.0.0.1:1111/api/v1/state`, 200);
});
