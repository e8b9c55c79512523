import type { ServiceLink } from "../../control/service.ts";
import type { WebReply } from "../../control/replies.ts";
import { readLinks } from "./read-links.ts";

/** The address of the portal that logs in once; null where the portal has no address or asks for no login. */
export function loginUrl({ services, login, code }: WebReply): string | null {
  const portal = services.find(({ kind }) => kind === "portal");
  const [link] = portal?.links ?? [];
  if (link === undefined) return null;
  return login ? new URL(`/ai-dock/pre-auth?code=${code}`, link.url).href : link.url;
}

/** The address of a kind of a port, as every user of the container may know it; undefined where there is none. */
export function linkOf(port: number, kind: ServiceLink["kind"], path: string): string | undefined {
  const links = readLinks().find((service) => service.port === port)?.links ?? [];
  const url = links.find((link) => link.kind === kind)?.url;
  return url === undefined ? undefined : new URL(path, url).href;
}
