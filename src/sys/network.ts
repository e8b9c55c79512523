import { rootCertificates } from "node:tls";
import { readIfExists } from "./fs.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The CA bundle of Debian and Ubuntu, which includes private authorities that an image has added. */
const SYSTEM_BUNDLE = "/etc/ssl/certs/ca-certificates.crt";

const VARIABLES = ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"] as const;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * All trusted certificate authorities: the system's, else Bun's, and those of SSL_CERT_FILE and NODE_EXTRA_CA_CERTS. Each
 * request is given them, as Bun reads these variables only once, when PID 1 starts, and hooks may set them later.
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

/**
 * The proxy for a URL by HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, in upper or lower case; undefined for none. Bun
 * itself knows only the variables that PID 1 was started with.
 */
export function proxyFor(url: URL, env: Environment): string | undefined {
  const read = (name: string) => env[name.toLowerCase()] ?? env[name];
  const proxy = read(url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY") ?? read("ALL_PROXY");
  if (proxy === undefined || proxy === "" || isExempt(url, read("NO_PROXY") ?? "")) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

/** Entries of NO_PROXY: `*`, a host with or without a port, a domain with or without a dot in front. */
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
