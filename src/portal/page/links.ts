import type { Service, ServiceLink } from "../../control/service.ts";

export type LinkKind = ServiceLink["kind"] | "here";

export interface Link {
  kind: LinkKind;
  url: string;
}

interface Here {
  protocol: string;
  hostname: string;
  host: string;
}

/**
 * The links of a service, as this browser can use them. The container often knows itself as localhost only: who has come
 * by another name directly, and not by a tunnel, gets that name.
 */
export function linksOf(service: Service, services: Service[], here: Here): Link[] {
  const usable = service.links
    // What a program has announced must not run as a script here.
    .filter(({ url }) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol))
    .map(({ kind, url }) => ({ kind, url: kind === "direct" ? byName(url, services, here) : url }));
  if (usable.length > 0) return usable;
  const url = new URL(`${here.protocol}//${here.hostname}:${service.port}`);
  url.pathname = service.path;
  return [{ kind: "here", url: url.href }];
}

function byName(link: string, services: Service[], here: Here): string {
  const url = new URL(link);
  if (!isLoopback(url.hostname) || isLoopback(here.hostname) || isTunnel(services, here)) return link;
  url.hostname = here.hostname;
  return url.href;
}

const isLoopback = (name: string) => name === "localhost" || name === "[::1]" || name.startsWith("127.");

/** True where this page has come through a tunnel or a proxy, whose name leads to no other port. */
function isTunnel(services: Service[], { host }: Here): boolean {
  return services.some(({ links }) =>
    links.some(({ kind, url }) => kind !== "direct" && new URL(url).host === host),
  );
}
