import { describe, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { caddyAdmin } from "../../../src/features/web/admin.ts";
import { Guard } from "../../../src/features/web/guard.ts";
import type { Entry } from "../../../src/features/web/registry.ts";
import { Templates } from "../../../src/features/web/templates.ts";
import { freePort } from "../../free-port.ts";
import { CADDY, Front } from "./_caddy.ts";

/** As an image with an API beside its app has it. */
const TEMPLATE = `:!PROXY_PORT {
    import universal-config
    @api {
        path /ai-dock/api/*
    }
    header @authenticating_bearer Set-Cookie "{$CADDY_AUTH_COOKIE_NAME}={$WEB_TOKEN}; Path=/"
    route @api {
        uri strip_prefix /ai-dock/api
        reverse_proxy @authorized localhost:API_PORT
        redir {$SERVICEPORTAL_LOGIN}
    }
    route @preauth {
       redir @authorized /
    }
    route @default {
        reverse_proxy @authorized localhost:!LISTEN_PORT
        redir {$SERVICEPORTAL_LOGIN}
    }
}
`;

const said = (name: string) =>
  Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: ({ url, headers }) =>
      Response.json({
        name,
        path: new URL(url).pathname,
        cookie: headers.get("cookie"),
        for: headers.get("x-forwarded-for"),
      }),
  });

describe.skipIf(CADDY === undefined)("templates of images", () => {
  test("lead past the app, behind the same check; a broken one costs its port alone", async () => {
    await using front = await new Front().start();
    using app = said("app");
    using api = said("api");
    const directory = mkdtempSync(join(tmpdir(), "share-"));
    const file = (name: string | number, text: string) => {
      writeFileSync(join(directory, `service_config_${name}`), text);
      chmodSync(join(directory, `service_config_${name}`), 0o644);
    };
    file(app.port!, TEMPLATE.replace("API_PORT", String(api.port)));
    // One that Caddy cannot read, and one that Caddy reads and refuses.
    using second = said("second");
    using third = said("third");
    file(second.port!, ":!PROXY_PORT {\n nonsense\n}\n");
    file(
      third.port!,
      ":!PROXY_PORT {\n reverse_proxy localhost:1 {\n transport http {\n tls_client_auth /none /none\n }\n }\n}\n",
    );
    const entryOf = (server: { port?: number | undefined }, port = freePort()): Entry => ({
      port,
      name: "App",
      kind: "app",
      appHost: "127.0.0.1",
      appPort: server.port!,
      path: "/",
      program: null,
      url: undefined,
      sources: ["http_ports"],
    });
    const entries = [entryOf(app), entryOf(second), entryOf(third)];
    const admin = caddyAdmin(front.adminSocket);
    const { adminSocket, portalSocket, leavingFile } = front;
    const guard = new Guard({ adminSocket, portalSocket, leavingFile }, admin);
    guard.begin(front.sockets);
    const templates = new Templates(admin, directory);
    const env = { WEB_TOKEN: "s3cret-token" };
    await guard.apply({
      entries,
      login: true,
      tls: undefined,
      hasTunnel: () => false,
      templateOf: (port, appPort) => templates.of(port, appPort, env),
    });
    const get = async (index: number, path: string) =>
      await fetch(`http://127.0.0.1:${entries[index]!.port}${path}`, {
        headers: { Cookie: "a=1; ai_dock_01234567_session=x" },
      });
    const seen = { cookie: "a=1;", for: "127.0.0.1" };
    expect(await (await get(0, "/ai-dock/api/docs")).json()).toEqual({ name: "api", path: "/docs", ...seen });
    expect(await (await get(0, "/x")).json()).toEqual({ name: "app", path: "/x", ...seen });
    expect(await (await get(1, "/x")).json()).toMatchObject({ name: "second" });
    expect(await (await get(2, "/x")).json()).toMatchObject({ name: "third" });
    front.check = () => new Response("no", { status: 401 });
    expect((await get(0, "/ai-dock/api/docs")).status).toBe(401);
    const config = await fetch("http://caddy/config/", { unix: front.adminSocket });
    expect(await config.text()).not.toContain("s3cret-token");
  });

  const mayBe = { compat: { AI_DOCK_FLAVOUR: "compat" }, slim: { AI_DOCK_FLAVOUR: "slim" } };
  const ofGroup = { gid: 1111, mode: 0o664 };

  test
    .skipIf(process.getuid?.() !== 0)
    .each<[string, { gid: number; mode: number }, keyof typeof mayBe, boolean]>([
      ["others", { gid: 0, mode: 0o666 }, "compat", false],
      ["any group", { gid: 5, mode: 0o664 }, "compat", false],
      ["the account alone, in the compat flavour,", ofGroup, "compat", true],
      ["the account alone", ofGroup, "slim", false],
    ])("that %s may write: read or not", async (_, { gid, mode }, flavour, isRead) => {
    const directory = mkdtempSync(join(tmpdir(), "share-"));
    const path = join(directory, "service_config_1");
    writeFileSync(path, ":!PROXY_PORT {\n respond hello\n}\n");
    chownSync(path, 0, gid);
    chmodSync(path, mode);
    let isAsked = false;
    const adapt = async () => {
      isAsked = true;
      return {};
    };
    expect(await new Templates({ adapt }, directory).of(8188, 1, mayBe[flavour])).toBeUndefined();
    expect(isAsked).toBe(isRead);
  });
});
