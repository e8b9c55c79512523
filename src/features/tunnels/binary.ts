import { findProgram } from "../../sys/which.ts";

/** What gets tunnels into a container without it. */
export const HOW_TO_INSTALL = "use an image with it, or put it at /usr/local/bin/cloudflared";

/** Why tunnels cannot be opened in this container. */
export const NOT_INSTALLED = `cloudflared is not installed; ${HOW_TO_INSTALL}`;

/** Where cloudflared is, or undefined. */
export function findCloudflared({ PATH }: Record<string, string>): string | undefined {
  return findProgram("cloudflared", PATH);
}
