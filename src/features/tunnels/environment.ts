import { findProgram } from "../../sys/which.ts";

/** What gets tunnels into a container without it. */
export const HOW_TO_INSTALL = "use an image with it, or put it at /usr/local/bin/cloudflared";

/** Why tunnels cannot be opened in this container. */
export const NOT_INSTALLED = `cloudflared is not installed; ${HOW_TO_INSTALL}`;

/** Where cloudflared is, or undefined. */
export function findCloudflared({ PATH }: Record<string, string>): string | undefined {
  return findProgram("cloudflared", PATH);
}

/**
 * What users may steer cloudflared by. It logs every variable that has TUNNEL_ in its name or value, so it
 * gets no other; and at a lower log level it would not say where its metrics are.
 */
const wanted =
  /^(PATH|TZ|SSL_CERT_(FILE|DIR)|TUNNEL_(TRANSPORT_PROTOCOL|EDGE|EDGE_IP_VERSION|EDGE_BIND_ADDRESS|REGION|CACERT|RETRIES|TAG|ORIGIN_\w+)|NO_TLS_VERIFY|(https?|all|no)_proxy)$/i;

/** The environment of a cloudflared process. */
export function cloudflaredEnvironment(env: Record<string, string>): Record<string, string> {
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name, value]) => isWanted(name, value))),
    // Somewhere it finds no configuration of anyone.
    HOME: "/nonexistent",
  };
}

/** A number of retries that is none makes it end without a word. */
function isWanted(name: string, value: string): boolean {
  return wanted.test(name) && (name !== "TUNNEL_RETRIES" || /^\d+$/.test(value));
}
