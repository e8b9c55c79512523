import { accessSync, constants } from "node:fs";
import { dirname } from "node:path";
import { errnoOf } from "../../errors.ts";
import { runtimePath } from "../../sys/runtime-directory.ts";

/** What the front keeps over restarts of the container. */
const STATE_DIRECTORY = "/var/lib/ai-dock/web";

/** Where the front keeps its state; where that cannot be written, until the container ends. */
export const stateRoot = () => (isWritable(STATE_DIRECTORY) ? STATE_DIRECTORY : runtimePath("web/state"));
export const credentialsFile = () => `${stateRoot()}/credentials.json`;
/** Caddy's own: its certificate authority and the certificates it has got. */
export const caddyState = () => `${stateRoot()}/caddy`;
export const portalState = () => `${stateRoot()}/portal`;

/** True for a directory that can be written to, or made. */
function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch (error) {
    return errnoOf(error) === "ENOENT" && path !== "/" && isWritable(dirname(path));
  }
}

export const webDirectory = () => runtimePath("web");

export const caddyDirectory = () => runtimePath("web/caddy");
/** Caddy's admin API: whoever connects to it rules Caddy. */
export const adminSocket = () => `${caddyDirectory()}/admin.sock`;
export const caddyFile = () => runtimePath("web/caddy.json");
/** There while Caddy is about to get another configuration. */
export const leavingFile = () => runtimePath("web/leaving");

export const portalDirectory = () => runtimePath("web/portal");
/** Where the portal listens, for Caddy alone. */
export const portalHttpSocket = () => `${portalDirectory()}/http.sock`;

export const portalControlDirectory = () => runtimePath("web/control");
/** The second control socket, for the portal alone. */
export const portalControlSocket = () => `${portalControlDirectory()}/portal.sock`;

/** The addresses of services, for every user in the container. */
export const linksFile = () => runtimePath("web/links.json");
