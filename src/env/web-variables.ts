import { flag, integer, matching, optional, text, type Type, variable } from "./types.ts";

export const BOOLEAN = "true or false";
export const PORT = "a port from 1 to 65535";
const PORTS = "ports by comma, such as 8188,8888";
const SOME_OR_ALL = "true, false or ports by comma, such as 8188,8888";
const USER = "a name without colon";

export const port = integer(1, 65535);

/** Numbers above those of ports ask a cloud for one that is the same inside and outside. */
const HIGHEST_SYMMETRIC = 99_999;

/** Ports by comma. */
const ports: Type<number[]> = (given) => {
  const read = given.split(",").map((word) => port(word.trim()));
  const known = read.filter((number) => number !== undefined);
  return known.length === read.length ? known : undefined;
};

/** Which ports get a tunnel, and whether one may lead to what asks for no login. */
interface QuickTunnels {
  ports: number[] | "all";
  open: boolean;
}

/** A boolean, or the ports to open tunnels for; `open` in front lets tunnels lead to what asks for no login. */
const quickTunnels: Type<boolean | QuickTunnels> = (given) => {
  const [, word, comma, rest = ""] = /^(open)?\s*(,)?(.*)$/i.exec(given) ?? [];
  if (word === undefined) {
    const listed = ports(given);
    return flag(given) ?? (listed && { open: false, ports: listed });
  }
  if (comma === undefined) return rest === "" ? { open: true, ports: "all" } : undefined;
  const listed = ports(rest);
  return listed && { open: true, ports: listed };
};

/** A boolean for all ports, or some. */
const someOrAll: Type<boolean | number[]> = (given) => flag(given) ?? ports(given);

/**
 * A host name or an address of this machine, IPv6 with brackets or without; false for `false`. No port: each service has
 * its own.
 */
export const directAddress: Type<string | false> = (given) => {
  if (given.toLowerCase() === "false") return false;
  const bare = /^\[(.*)\]$/.exec(given)?.[1] ?? given;
  if (/^[\da-f.]*:[\da-f.]*:[\da-f:.]*$/i.test(bare))
    return URL.canParse(`http://[${bare}]/`) ? bare : undefined;
  return /^[\w.-]+$/.test(given) && URL.canParse(`http://${given}/`) ? given : undefined;
};

const user = matching(/^[^\0\r\n:]+$/);
const secret = (description: string) =>
  optional({
    type: matching(/^[^\0\r\n]+$/),
    description,
    expected: "a text without line breaks",
    secret: true,
  });

const domain: Type<string> = (given) =>
  matching(/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/i)(
    given,
  )?.toLowerCase();

/** What the runtime reads about web services, their login and their tunnels. */
export const webVariables = {
  CF_QUICK_TUNNELS: variable({
    type: quickTunnels,
    fallback: false,
    description:
      "Throwaway Cloudflare tunnels for web services, or for a list of ports; `open` also without a login",
    expected: "true, false, open or a list of ports such as 8188,8888",
  }),
  WEB_ENABLE_AUTH: variable({
    type: flag,
    fallback: true,
    description: "Ask for a login in front of web services",
    expected: BOOLEAN,
  }),
  WEB_USER: variable({ type: user, fallback: "user", description: "User name of the login", expected: USER }),
  WEB_USERNAME: optional({ type: user, description: "Other name of `WEB_USER` (vast.ai)", expected: USER }),
  WEB_PASSWORD: secret("Password of the login; made once and kept when unset"),
  WEB_TOKEN: secret("Token for API calls: `Authorization: Bearer`; made once and kept when unset"),
  OPEN_BUTTON_TOKEN: secret("A further token, also the password when `WEB_PASSWORD` is unset (vast.ai)"),
  WEB_AUTH_EXCLUDE: variable<number[]>({
    type: ports,
    fallback: [],
    description: "Guarded ports on which no login is asked for",
    expected: PORTS,
  }),
  AUTH_EXCLUDE: variable<number[]>({
    type: ports,
    fallback: [],
    description: "Other name of `WEB_AUTH_EXCLUDE` (vast.ai)",
    expected: PORTS,
  }),
  WEB_LOCALHOST: optional({
    type: someOrAll,
    description: "Web services that are told `localhost` as Host and Origin, as they refuse others",
    expected: SOME_OR_ALL,
  }),
  CADDY_HEADER_UP_LOCALHOST: optional({
    type: someOrAll,
    description: "Other name of `WEB_LOCALHOST` (vast.ai)",
    expected: SOME_OR_ALL,
  }),
  WEB_ENABLE_HTTPS: variable({
    type: flag,
    fallback: false,
    description: "Https on the ports of web services; http is redirected",
    expected: BOOLEAN,
  }),
  ENABLE_HTTPS: optional({
    type: flag,
    description: "Other name of `WEB_ENABLE_HTTPS` (vast.ai)",
    expected: BOOLEAN,
  }),
  WEB_DOMAIN: optional({
    type: domain,
    description:
      "Domain that leads here: https with a certificate by ACME; ports 80 or 443 must lead here as well",
    expected: "a domain such as gpu.example.com",
  }),
  WEB_ACME_CA: optional({
    type: matching(/^https:\/\/\S+$/),
    description: "Directory of the ACME server for `WEB_DOMAIN`",
    expected: "an https URL",
    defaultText: "Let's Encrypt",
  }),
  DIRECT_ADDRESS: optional({
    type: directAddress,
    description: "Address of this machine in links, without a port; `false` shows no direct links",
    expected: "a host name or an address without a port, or false",
  }),
  PORTAL_CONFIG: optional({
    type: text,
    description: "Web services as vast.ai lists them: `host:port:port of the app:path:name`, by `|`",
    expected: "host:port:port:path:name, by |",
  }),
  AI_DOCK_PORTAL: optional({
    type: flag,
    description: "The portal: always or never; when unset, where there is something to show or guard",
    expected: BOOLEAN,
  }),
  AI_DOCK_PORTAL_PORT: variable({
    type: port,
    fallback: 1111,
    description: "Port of the portal",
    expected: PORT,
  }),
  SERVICEPORTAL_PORT_HOST: optional({
    type: integer(1, HIGHEST_SYMMETRIC),
    description:
      "Other name of `AI_DOCK_PORTAL_PORT` (ai-dock); from 70000 on, the port that the cloud has chosen",
    expected: "a port, or a number from 70000 on",
  }),
};
