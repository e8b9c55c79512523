import { findProgram } from "../../../sys/find-program.ts";

/** Why tunnels cannot be opened in this container. */
export const NOT_INSTALLED =
  "cloudflared is not installed; use an image with it, or put it at /usr/local/bin/cloudflared";

/** Where cloudflared is, or undefined. */
export function findCloudflared({ PATH }: Record<string, string>): string | undefined {
  return findProgram("cloudflared", PATH);
}
