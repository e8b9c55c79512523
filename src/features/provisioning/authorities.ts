import { rootCertificates } from "node:tls";
import { readIfExists } from "../../sys/fs.ts";

/** The system's bundle on Debian and Ubuntu; a private authority added there must be trusted. */
const SYSTEM_BUNDLE = "/etc/ssl/certs/ca-certificates.crt";

const VARIABLES = ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"] as const;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Every certificate authority to trust: the system's, else those that are built in, and the user's own.
 * All are handed to each request, because the runtime reads them only from its environment at start.
 */
export function trustedAuthorities(
  env: Readonly<Record<string, string | undefined>>,
  warn: (message: string) => void,
): string[] {
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
