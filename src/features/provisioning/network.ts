import { rootCertificates } from "node:tls";
import { readIfExists } from "../../sys/fs.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The system's bundle on Debian and Ubuntu; a private authority added there must be trusted. */
const SYSTEM_BUNDLE = "/etc/ssl/certs/ca-certificates.crt";

const VARIABLES = ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"] as const;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Every certificate authority to trust: the system's, else those that are built in, and the user's own.
 * All are handed to each request, because the runtime reads them only from its environment at start.
 */
export function trustedAuthorities(env: Environment, warn: (message: string) => void): string[] {
  const system = certificates(SYSTEM_BUNDLE);
  const own = VARIABLES.flatMap((name) => {
    const path = env[name] ?? "";
    if (path === "" || path === SYSTEM_BUNDLE) return [];
    const found = certificates(path);
    if (found.length === 0) warn(`${name}: expected a file of PEM certificates, got "${path}"; ignoring it`);
    return found;
  });
  return [...(system.length === 0 ? rootCertificates : system), ...own];
}

function certificates(path: string): string[] {
  try {
    return readIfExists(path)?.match(CERTIFICATE) ?? [];
  } catch {
    return [];
  }
}

/** The proxy for a URL by HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY in either case, or undefined. */
export function proxyFor(url: URL, env: Environment): string | undefined {
  const read = (name: string) => env[name.toLowerCase()] ?? env[name];
  const proxy = read(url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY") ?? read("ALL_PROXY");
  if (proxy === undefined || proxy === "" || isExempt(url, read("NO_PROXY") ?? "")) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

/** `*`, a host with or without port, or a domain, with or without a dot in front. */
function isExempt(url: URL, list: string): boolean {
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => {
      const [, host = "", wantedPort] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
      if (wantedPort !== undefined && wantedPort !== port) return false;
      return host === "" || url.hostname === host || url.hostname.endsWith(`.${host}`);
    });
}
