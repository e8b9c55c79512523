import { findProgram } from "../../sys/which.ts";

/** What helps where cloudflared is missing. */
export const HOW_TO_INSTALL = "use an image with it, or put it at /usr/local/bin/cloudflared";

/** Why tunnels cannot be opened in this container. */
export const NOT_INSTALLED = `cloudflared is not installed; ${HOW_TO_INSTALL}`;

/** The path of cloudflared, or undefined. */
export function findCloudflared({ PATH }: Record<string, string>): string | undefined {
  return findProgram("cloudflared", PATH);
}

/**
 * The variables that reach cloudflared, no others: cloudflared logs every variable with TUNNEL_ in its name or value.
 * The log level is not among them: the port of the metrics is logged at the default level only.
 */
const wanted =
  /^(PATH|TZ|SSL_CERT_(FILE|DIR)|TUNNEL_(TRANSPORT_PROTOCOL|EDGE|EDGE_IP_VERSION|EDGE_BIND_ADDRESS|REGION|CACERT|RETRIES|TAG|ORIGIN_\w+)|NO_TLS_VERIFY|(https?|all|no)_proxy)$/i;

/** The environment of a cloudflared process. */
export function cloudflaredEnvironment(env: Record<string, string>): Record<string, string> {
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name, value]) => isWanted(name, value))),
    // A home without a configuration, as one in ~/.cloudflared would override the flags.
    HOME: "/nonexistent",
  };
}

/** cloudflared ends without a word on a TUNNEL_RETRIES that is no number. */
function isWanted(name: string, value: string): boolean {
  return wanted.test(name) && (name !== "TUNNEL_RETRIES" || /^\d+$/.test(value));
}
