import { existsSync } from "node:fs";

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Why tunnels cannot be opened in this container. */
export const NOT_INSTALLED =
  "cloudflared is not installed; use an image with it, or put it at /usr/local/bin/cloudflared";

/** Where cloudflared is, or undefined. */
export function findCloudflared({ PATH = DEFAULT_PATH }: Record<string, string>): string | undefined {
  return PATH.split(":")
    .map((folder) => `${folder}/cloudflared`)
    .find((file) => existsSync(file));
}
