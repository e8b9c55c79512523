import type { Json } from "./site.ts";

/** Where certificates come from. */
export interface TlsPlan {
  /** Files of a certificate that was given. */
  mounted?: { certificate: string; key: string };
  /** Names and addresses of certificates of Caddy's own authority, where none was given. */
  names: string[];
  /** The domain to get a certificate for by ACME. */
  domain?: string;
  /** The directory of the ACME server. */
  acme?: string;
}

const MOUNTED = "mounted";

/** A server that speaks https, and sends http on the same port there. */
export function tlsServer({ mounted, names, domain }: TlsPlan): Json {
  // Without a name, or with one that no certificate has: the first one. A browser warns of that all the same.
  const rest =
    mounted === undefined
      ? { fallback_sni: names[0], default_sni: names[0] }
      : { certificate_selection: { any_tag: [MOUNTED] } };
  return {
    protocols: ["h1", "h2"],
    listener_wrappers: [{ wrapper: "http_redirect" }, { wrapper: "tls" }],
    tls_connection_policies: [...(domain === undefined ? [] : [{ match: { sni: [domain] } }]), rest],
  };
}

export function tlsApp({ mounted, names, domain, acme }: TlsPlan): Json {
  const own = mounted === undefined ? names : [];
  const issuer = { module: "acme", ...(acme === undefined ? {} : { ca: acme }) };
  return {
    certificates: {
      ...(mounted === undefined ? {} : { load_files: [{ ...mounted, tags: [MOUNTED] }] }),
      automate: [...own, ...(domain === undefined ? [] : [domain])],
    },
    automation: {
      policies: [
        ...(domain === undefined ? [] : [{ subjects: [domain], issuers: [issuer] }]),
        // There is nobody to ask whether these are revoked.
        { issuers: [{ module: "internal" }], disable_ocsp_stapling: true },
      ],
    },
  };
}

/** Caddy's own authority, which is nobody else's business in this container: no trust store changes. */
export const pkiApp: Json = { certificate_authorities: { local: { install_trust: false } } };
