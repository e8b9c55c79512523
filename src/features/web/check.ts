import { control } from "../../control/client.ts";
import { type Check, type CheckResult, failed, ok, warning } from "../check.ts";
import { findCaddy, HOW_TO_INSTALL } from "./caddy-program.ts";
import { readRegistry } from "./registry.ts";
import { webSettings } from "./settings.ts";
import { whyNotWanted } from "./wanted.ts";

/** Checks whether web services have a login in front of them. */
export const webCheck: Check = async ({ env, status }) => {
  const path = findCaddy(env);
  const settings = webSettings(env);
  const caddy = status?.programs.find(({ name }) => name === "caddy");
  const reason = whyNotWanted(settings, readRegistry({ settings, specs: [] }).entries);
  // A program with web_port wants it, too: then it runs, or says why it does not.
  const isWanted = reason === undefined || caddy?.state === "RUNNING";
  if (path === undefined) return [(isWanted ? failed : warning)("caddy", "not installed", HOW_TO_INSTALL)];
  const installed = ok("caddy", path);
  if (!isWanted) return [installed, ok("web", reason)];
  const login = settings.login
    ? ok("login", "web services ask for a login; ai-dock web opens the portal")
    : warning("login", "WEB_ENABLE_AUTH=false: whoever reaches a port of a web service may use it");
  return [installed, login, ...(await checkServices())];
};

/** One line for each service that has no guard; none where no front answers. */
async function checkServices(): Promise<CheckResult[]> {
  try {
    const { services } = await control.web();
    return services
      .filter(({ guarded }) => !guarded)
      .map(({ name, reason }) => {
        const [message = "", fix] = (reason ?? "not guarded").split("; ");
        return warning(name, message, fix);
      });
  } catch {
    return [];
  }
}
