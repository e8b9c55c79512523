import type { Entry } from "./registry.ts";
import type { WebSettings } from "./settings.ts";

/** Why Caddy and the portal are not started: nobody asked. The same text always, as `status` and updates compare it. */
export const NOTHING_TO_DO =
  "nothing to show or guard: a program with web_port, a file in /run/http_ports, WEB_PASSWORD or AI_DOCK_PORTAL=true starts it";
export const SWITCHED_OFF = "switched off by AI_DOCK_PORTAL=false";

/** Why the front is not to run; undefined where it is. */
export function whyNotWanted(settings: WebSettings, entries: Entry[]): string | undefined {
  if (settings.portal === false) return SWITCHED_OFF;
  const isAsked = settings.portal === true || settings.askedBy !== undefined || settings.tunnels !== false;
  return isAsked || entries.some(({ kind }) => kind === "app") ? undefined : NOTHING_TO_DO;
}
