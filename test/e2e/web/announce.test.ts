import { expect, test } from "bun:test";
import { boot, type Container, keypair, waitFor } from "../harness.ts";

const PASSWORD = "s3cret-password";
const key = await keypair();

/** As programs of ai-dock images do it: announces itself, and takes that back at its end. */
const app = `[program:app]
command=bash -c 'trap "rm /run/http_ports/8188" EXIT; jq -n --arg listen_port 18188 --arg proxy_port 8188 --arg proxy_secure "" --arg service_name App --arg service_url "" "\\$ARGS.named" >/run/http_ports/8188; bun /fixtures/web-fixture.ts 18188'
user=$USER_NAME
stopasgroup=true
`;

const status = (container: Container, port: number) =>
  container.sh(
    `curl -s -o /dev/null -m 15 -w '%{http_code}' -u user:${PASSWORD} http://127.0.0.1:${port}/ || true`,
  );

const config = (container: Container) =>
  container.sh("curl -s --unix-socket /run/ai-dock/web/caddy/admin.sock http://x/config/");

const services = async (container: Container) => {
  const { services: list } = JSON.parse(await container.sh("ai-dock web --json")) as {
    services: { port: number; name: string; app_port?: number }[];
  };
  return list;
};

const answers = (container: Container, port: number, code: string) =>
  waitFor(async () => (await status(container, port)) === code, {
    what: `${code} on port ${port}`,
    detail: async () => `${await container.sh("ls -la /run/http_ports")}\n${await container.logs()}`,
  });

test.concurrent("a program of the account announces itself, and its end takes that back", async () => {
  await using container = await boot({
    fixtures: true,
    env: { WEB_PASSWORD: PASSWORD, USER_NAME: "me" },
    programs: { "app.conf": app },
  });
  await container.waitReady();
  await answers(container, 8188, "200");
  expect(await container.sh("stat -c '%U %G %a' /run/http_ports; stat -c '%U %G' /run/http_ports/8188")).toBe(
    "root ai-dock 3770\nme ai-dock",
  );
  await container.sh("ai-dock stop app");
  await answers(container, 8188, "000");
  await container.sh("ai-dock start app");
  await answers(container, 8188, "200");
});

test.concurrent("the account can announce ports, and nothing more", async () => {
  await using container = await boot({
    fixtures: true,
    env: { WEB_PASSWORD: PASSWORD, USER_NAME: "me", SSH_PUBKEY: key.public, SSH_PORT: "2222" },
    programs: {
      "app.conf": app,
      "owner.conf":
        "[program:owner]\ncommand=bun /fixtures/web-fixture.ts 17860\nweb_port=7860\nweb_listen_port=17860\n",
    },
  });
  await container.waitReady();
  await container.sh('echo \'{"listen_port":"18188","proxy_port":"9000"}\' >/run/http_ports/9000');
  await container.sh('echo \'{"service_name":"secret-of-root"}\' >/root/secret; chmod 600 /root/secret');
  await answers(container, 8188, "200");
  await answers(container, 9000, "200");
  const as = (script: string) => container.exec(["bash", "-c", script], { user: "me" });
  expect((await as("rm -f /run/http_ports/9000")).code).not.toBe(0);
  expect((await as("mv /run/http_ports/9000 /run/http_ports/x")).code).not.toBe(0);
  expect((await as("echo x >/run/http_ports/9000")).code).not.toBe(0);
  expect((await as("rmdir /run/http_ports; mv /run/http_ports /run/other")).code).not.toBe(0);
  const attacks = [
    "cd /run/http_ports",
    'say() { printf \'%s\' "$2" >"$1"; }',
    // Ports of ours, and of the owner's program.
    'say 2222 \'{"listen_port":"6666","proxy_port":"2222"}\'',
    'say 1111 \'{"listen_port":"6666"}\'',
    'say 7860 \'{"listen_port":"6666","proxy_port":"7860","service_url":"https://evil.example/"}\'',
    // Other hosts, values that are none, and text that would be configuration or a terminal's.
    'say 3001 \'{"listen_port":"evil.example:80"}\'',
    'say 3002 \'{"listen_port":"unix//run/ai-dock/web/caddy/admin.sock"}\'',
    'say 3003 \'{"listen_port":"13003","service_name":"\\u001b[2Jevil"}\'',
    'say 3004 \'{"listen_port":13004,"service_url":"javascript:evil"}\'',
    'say 3005 \'{"listen_port":13005,"appHost":"evil.example","host":"evil.example","handle":[{"handler":"file_server","root":"/"}]}\'',
    // Links, a FIFO, a directory, and what has no end.
    "ln -s /root/secret 3006; ln /etc/passwd 3007; mkfifo 3008; mkdir 3009; truncate -s 100G 3010",
    "ln -s /dev/zero 3011; ln -s /proc/1/environ 3012; ln -s /run/ai-dock/control.sock 3013",
    "mkdir -p 'a/..'; touch '..3014' '3015 ' '3016\n' ../x 2>/dev/null",
  ];
  await as(attacks.join("\n"));
  await waitFor(async () => (await services(container)).some(({ port }) => port === 3005), {
    what: "the last announcement",
    detail: () => container.logs(),
  });
  const seen = await services(container);
  expect(seen.map(({ port }) => port).toSorted((a, b) => a - b)).toEqual([1111, 3005, 7860, 8188, 9000]);
  expect(JSON.stringify(seen)).not.toContain("evil");
  expect(await config(container)).not.toMatch(/evil|6666|secret-of-root|file_server|13003|13004/);
  // A flood, and races in it.
  await as(
    "cd /run/http_ports; for i in {20000..25000}; do echo $i >$i; done; for i in {1..300}; do ln -sf /root/secret 4000; rm 4000; mkfifo 4000; rm 4000; echo '{\"listen_port\":14000}' >4000; done",
  );
  await answers(container, 7860, "200");
  await answers(container, 8188, "200");
  expect((await services(container)).length).toBeLessThanOrEqual(203);
  expect(await config(container)).not.toMatch(/evil|6666|secret-of-root/);
  expect((await container.ssh("echo in", { key, port: 2222 })).stdout).toBe("in\n");
  expect(await container.sh("ai-dock health")).toBe("healthy");
  // What it has made it can take away, and all is as before.
  await as("cd /run/http_ports && find . -mindepth 1 -user me ! -name 8188 -delete");
  await waitFor(async () => (await services(container)).length === 4, { what: "four services" });
});
