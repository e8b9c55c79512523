import { readSettings } from "../../env/load.ts";
import { port } from "../../env/web-variables.ts";

/** Names of one setting each count in this order; the first that is set wins. */
export interface WebSettings {
  /** A login is asked for. */
  login: boolean;
  user: string;
  password: string | undefined;
  /** The token for API calls, and further ones that are good as well. */
  token: string | undefined;
  extraTokens: string[];
  /** Guarded ports without a login. */
  exclude: Set<number>;
  /** Ports whose apps are told `localhost`. */
  localhost: boolean | number[];
  https: boolean;
  domain: string | undefined;
  acme: string | undefined;
  /** AI_DOCK_PORTAL: always, never, or where there is something to do. */
  portal: boolean | undefined;
  portalPort: number;
  /** Ports that no announcement gets: of ssh, and of certificates by ACME. */
  reserved: ReadonlySet<number>;
  portalConfig: string | undefined;
  tunnels: TunnelWishes;
  /** The first setting that asks for the front, by name. */
  askedBy: string | undefined;
}

/** CF_QUICK_TUNNELS: false, or which ports get a tunnel, and whether one may lead to what asks for no login. */
export type TunnelWishes = false | { ports: number[] | "all"; open: boolean };

const ACME_PORTS = [80, 443];

const ASKING = /^(WEB_\w+|OPEN_BUTTON_TOKEN|PORTAL_CONFIG)$/;

/** What the environment says about the front. */
export function webSettings(env: Record<string, string>): WebSettings {
  const { settings } = readSettings(env);
  const isSet = (name: string) => (env[name] ?? "") !== "";
  const { OPEN_BUTTON_TOKEN: button, CF_QUICK_TUNNELS: quick } = settings;
  const tunnels: TunnelWishes = typeof quick === "object" ? quick : quick && { ports: "all", open: false };
  return {
    login: settings.WEB_ENABLE_AUTH,
    user: isSet("WEB_USER") ? settings.WEB_USER : (settings.WEB_USERNAME ?? settings.WEB_USER),
    password: settings.WEB_PASSWORD ?? button,
    token: settings.WEB_TOKEN,
    extraTokens: button === undefined ? [] : [button],
    exclude: new Set([...settings.WEB_AUTH_EXCLUDE, ...settings.AUTH_EXCLUDE]),
    localhost: settings.WEB_LOCALHOST ?? settings.CADDY_HEADER_UP_LOCALHOST ?? false,
    https:
      (isSet("WEB_ENABLE_HTTPS") ? settings.WEB_ENABLE_HTTPS : (settings.ENABLE_HTTPS ?? false)) ||
      settings.WEB_DOMAIN !== undefined,
    domain: settings.WEB_DOMAIN,
    acme: settings.WEB_ACME_CA,
    portal: settings.AI_DOCK_PORTAL,
    portalPort: isSet("AI_DOCK_PORTAL_PORT")
      ? settings.AI_DOCK_PORTAL_PORT
      : (port(env["SERVICEPORTAL_PORT_HOST"] ?? "") ?? settings.AI_DOCK_PORTAL_PORT),
    reserved: new Set([settings.SSH_PORT, ...(settings.WEB_DOMAIN === undefined ? [] : ACME_PORTS)]),
    portalConfig: settings.PORTAL_CONFIG,
    tunnels,
    askedBy: Object.keys(settings).find((name) => ASKING.test(name) && isSet(name)),
  };
}
