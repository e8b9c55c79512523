import { Front, site } from "../../features/web/_caddy.ts";
import { APP_PORT, PORTAL_PORT, type Portal } from "../../portal/_portal.ts";
import { freePort } from "../../free-port.ts";

/** A real Caddy with our configuration in front of a portal, as a browser meets it: the portal's own port, and that of an app. */
export async function startFront(portal: Portal, appPort = freePort()) {
  const [own, app] = [freePort(), freePort()];
  // The ports that the portal knows them by are not those that are free here.
  const at = (port: number) => [`127.0.0.1:${port}`];
  const caddy = await new Front().start();
  await caddy.load({
    sites: [
      site(0, { kind: "portal", port: PORTAL_PORT, listen: at(own) }),
      site(appPort, { port: APP_PORT, listen: at(app) }),
    ],
    portalSocket: portal.listen,
  });
  return {
    url: `http://127.0.0.1:${own}`,
    app: `http://127.0.0.1:${app}`,
    appPort,
    [Symbol.asyncDispose]: () => caddy[Symbol.asyncDispose](),
  };
}
