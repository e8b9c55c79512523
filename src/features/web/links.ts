import type { ServiceLink } from "../../control/service.ts";
import { directAddress } from "../../env/web-variables.ts";

/** Where a port of this container is reached from outside, as far as the environment says. */
export interface Outside {
  /** A host name or address; undefined where direct links are not wanted. */
  host: string | undefined;
  port(this: void, inside: number): number;
}

/** Reads the host and the mapped ports that clouds pass on, and DIRECT_ADDRESS. */
export function outside(env: Record<string, string>): Outside {
  // A wrong one has its own line, and must not break every link.
  const direct = directAddress(env["DIRECT_ADDRESS"] ?? "");
  const found = [env["PUBLIC_IPADDR"], env["RUNPOD_PUBLIC_IP"]].find((address) => (address ?? "") !== "");
  return {
    host: direct === false ? undefined : (direct ?? found ?? "localhost"),
    port: (inside) => mapped(env, inside) ?? inside,
  };
}

function mapped(env: Record<string, string>, port: number): number | undefined {
  const given = env[`VAST_TCP_PORT_${port}`] ?? env[`RUNPOD_TCP_PORT_${port}`] ?? "";
  return /^\d{1,5}$/.test(given) ? Number(given) : undefined;
}

export interface LinkInput {
  env: Record<string, string>;
  port: number;
  path: string;
  https: boolean;
  /** WEB_DOMAIN. */
  domain: string | undefined;
  /** An address that the service gives itself. */
  own: string | undefined;
  /** The address of the quick tunnel, while that is up. */
  quick: string | undefined;
  /** Addresses of the named tunnel that lead to the port. */
  named: string[];
}

/** The addresses of a service, the best one first. */
export function linksOf({ env, port, path, https, domain, own, quick, named }: LinkInput): ServiceLink[] {
  const { host, port: outsidePort } = outside(env);
  const scheme = https ? "https" : "http";
  const direct =
    host === undefined ? [] : [own ?? `${scheme}://${bracketed(domain ?? host)}:${outsidePort(port)}${path}`];
  const pod = env["RUNPOD_POD_ID"] ?? "";
  const runpod = /^[\w-]+$/.test(pod) ? [`https://${pod}-${port}.proxy.runpod.net${path}`] : [];
  const join = (base: string) => `${base.replace(/\/$/, "")}${path}`;
  const links = {
    named: named.map(join),
    quick: quick === undefined ? [] : [join(quick)],
    runpod,
    direct,
  };
  return (["named", "runpod", "quick", "direct"] as const).flatMap((kind) =>
    links[kind].map((url) => ({ kind, url })),
  );
}

/** An IPv6 address in a URL. */
const bracketed = (host: string) => (host.includes(":") && !host.startsWith("[") ? `[${host}]` : host);
