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
