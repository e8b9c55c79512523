import { isPortTaken } from "../../../src/sys/ports.ts";
import { CADDY } from "../../features/web/_caddy.ts";
import { APP_PORT, PORTAL_PORT, type Portal, until } from "../../portal/_portal.ts";
import { freePort } from "../../free-port.ts";

/** Caddy in front of a portal, as a browser meets it: the portal's own port, and that of an app. */
export async function startFront(portal: Portal, appPort = freePort()) {
  const [own, app] = [freePort(), freePort()];
  const socket = `unix/${portal.listen}`;
  const headers = (port: number) => ({
    request: {
      set: {
        "X-AI-Dock-Port": [String(port)],
        "X-AI-Dock-Client": ["{http.request.remote.host}"],
        "X-AI-Dock-Proto": ["{http.request.scheme}"],
        "X-Forwarded-Host": ["{http.request.hostport}"],
      },
      delete: ["X-Forwarded-Uri", "X-Forwarded-Method", "X-AI-Dock-Error"],
    },
  });
  const toPortal = (port: number) => ({
    handler: "reverse_proxy",
    flush_interval: -1,
    upstreams: [{ dial: socket }],
    headers: headers(port),
  });
  const notReady = {
    ...toPortal(APP_PORT),
    rewrite: { method: "GET", uri: "/.ai-dock/not-ready" },
    headers: {
      request: {
        set: {
          ...headers(APP_PORT).request.set,
          "X-Forwarded-Method": ["{http.request.orig_method}"],
          "X-Forwarded-Uri": ["{http.request.orig_uri}"],
          "X-AI-Dock-Error": ["502"],
        },
      },
    },
  };
  const server = (port: number, routes: object[]) => ({ listen: [`127.0.0.1:${port}`], routes });
  const config = {
    admin: { disabled: true },
    logging: { logs: { default: { level: "ERROR" } } },
    apps: {
      http: {
        servers: {
          portal: server(own, [{ handle: [toPortal(PORTAL_PORT)] }]),
          app: {
            ...server(app, [
              { match: [{ path: ["/ai-dock/*"] }], handle: [toPortal(APP_PORT)] },
              { handle: [{ handler: "reverse_proxy", upstreams: [{ dial: `127.0.0.1:${appPort}` }] }] },
            ]),
            errors: { routes: [{ handle: [notReady] }] },
          },
        },
      },
    },
  };
  const child = Bun.spawn([CADDY ?? "caddy", "run", "--config", "-"], {
    stdin: new Blob([JSON.stringify(config)]),
    stdout: "ignore",
    stderr: "inherit",
    env: { ...process.env, XDG_DATA_HOME: portal.directory, XDG_CONFIG_HOME: portal.directory },
  });
  const url = `http://127.0.0.1:${own}`;
  await until(() => isPortTaken(own) && isPortTaken(app));
  return {
    url,
    app: `http://127.0.0.1:${app}`,
    appPort,
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.exited;
    },
  };
}
