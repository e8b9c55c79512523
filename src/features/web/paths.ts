import { runtimePath } from "../../sys/runtime-directory.ts";

/** What the front keeps over restarts of the container. */
export const STATE_DIRECTORY = "/var/lib/ai-dock/web";
export const CREDENTIALS_FILE = `${STATE_DIRECTORY}/credentials.json`;
/** Caddy's own: its certificate authority and the certificates it has got. */
export const CADDY_STATE = `${STATE_DIRECTORY}/caddy`;
export const PORTAL_STATE = `${STATE_DIRECTORY}/portal`;

export const webDirectory = () => runtimePath("web");

export const caddyDirectory = () => runtimePath("web/caddy");
/** Caddy's admin API: whoever connects to it rules Caddy. */
export const adminSocket = () => `${caddyDirectory()}/admin.sock`;
export const caddyFile = () => runtimePath("web/caddy.json");

export const portalDirectory = () => runtimePath("web/portal");
/** Where the portal listens, for Caddy alone. */
export const portalHttpSocket = () => `${portalDirectory()}/http.sock`;

export const portalControlDirectory = () => runtimePath("web/control");
/** The second control socket, for the portal alone. */
export const portalControlSocket = () => `${portalControlDirectory()}/portal.sock`;

/** The addresses of services, for every user in the container. */
export const linksFile = () => runtimePath("web/links.json");
