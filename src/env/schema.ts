import { z } from "zod";
import { flag, integer, list, withoutPadding } from "./types.ts";

const PORT = "a port from 1 to 65535";
const PORTS = "ports by comma, such as 8188,8888";
const BOOLEAN = "true or false";

const port = () => integer(1, 65535);
const ports = () => list().pipe(z.array(port()));
const key = (from: string) =>
  z
    .string()
    .optional()
    .meta({
      description: `Public key for ssh${from}; several keys by newline`,
      expected: "an OpenSSH public key",
    });

const USER = "a name without colon";
const SECRET = "a text without line breaks";

const secret = (description: string) =>
  z
    .string()
    .regex(/^[^\0\r\n]+$/)
    .optional()
    .meta({ description, expected: SECRET, secret: true });
const user = () => z.string().regex(/^[^\0\r\n:]+$/);

/** True, false, or the ports to open tunnels for; `open` in front lets tunnels lead to what asks for no login. */
const quickTunnels = z.union([
  flag(),
  z
    .string()
    .regex(/^(open|(open\s*,\s*)?\d+(\s*,\s*\d+)*)$/i)
    .transform((text) => {
      const words = text.toLowerCase().split(/\s*,\s*/);
      const listed = words.filter((word) => word !== "open").map(Number);
      return { open: words[0] === "open", ports: listed.length === 0 ? ("all" as const) : listed };
    })
    .refine(({ ports: wanted }) => wanted === "all" || wanted.every((one) => one >= 1 && one <= 65535)),
]);

/**
 * Every variable the runtime reads: type, default, secret or not, one line on it.
 * Validation, `ai-dock env`, `--help`, the table in docs and `.env.example` come from here.
 * Programs get each value as it was given, blanks around it included.
 */
export const schema = withoutPadding({
  SSH_PORT: port().default(22).meta({ description: "Port of the ssh server", expected: PORT }),
  SSH_PUBKEY: key(""),
  PUBLIC_KEY: key(" (as RunPod passes it)"),
  SSH_PUBLIC_KEY: key(" (as vast.ai passes it)"),
  WORKSPACE: z
    .string()
    .regex(/^\/[^\0\n]*$/)
    .default("/workspace/")
    .meta({ description: "Where the data volume is mounted", expected: "an absolute path" }),
  SKIP_ACL: flag()
    .default(false)
    .meta({ description: "Leave the access control lists of the workspace alone", expected: BOOLEAN }),
  GPU_COUNT: integer(0, 1024).optional().meta({
    description: "Limit the number of visible GPUs; 0 hides all",
    expected: "a number of GPUs from 0",
    defaultText: "all",
  }),
  PROVISIONING_SCRIPT: z
    .string()
    .regex(/^(https?:\/\/\S+|file:\/\S+|\/.+)$/i)
    .optional()
    .meta({
      description: "URL or path of a script to run before the programs start",
      expected: "an http(s) or file URL or an absolute path",
    }),
  PROVISIONING_SHA256: z
    .string()
    .regex(/^[0-9a-f]{64}$/i)
    .toLowerCase()
    .optional()
    .meta({
      description: "Checksum the provisioning script must have",
      expected: "a SHA-256 checksum of 64 hexadecimal digits",
    }),
  PROVISIONING_TIMEOUT: integer(0, 604_800).default(0).meta({
    description: "Seconds after which a hung provisioning script is ended; 0 waits for ever",
    expected: "a number of seconds from 0",
  }),
  PROVISIONING_ONCE: flag().default(false).meta({
    description: "Run the provisioning script only when its content changed",
    expected: BOOLEAN,
  }),
  CF_TUNNEL_TOKEN: z.string().optional().meta({
    description: "Cloudflare zero trust tunnel token",
    expected: "a tunnel token",
    secret: true,
  }),
  CF_QUICK_TUNNELS: quickTunnels.default(false).meta({
    description:
      "Throwaway Cloudflare tunnels for web services, or for a list of ports; `open` also without a login",
    expected: "true, false, open or a list of ports such as 8188,8888",
  }),
  WEB_ENABLE_AUTH: flag()
    .default(true)
    .meta({ description: "Ask for a login in front of web services", expected: BOOLEAN }),
  WEB_USER: user().default("user").meta({ description: "User name of the login", expected: USER }),
  WEB_USERNAME: user().optional().meta({ description: "Other name of `WEB_USER` (vast.ai)", expected: USER }),
  WEB_PASSWORD: secret("Password of the login; made once and kept when unset"),
  WEB_TOKEN: secret("Token for API calls: `Authorization: Bearer`; made once and kept when unset"),
  OPEN_BUTTON_TOKEN: secret("A further token, also the password when `WEB_PASSWORD` is unset (vast.ai)"),
  WEB_AUTH_EXCLUDE: ports().default([]).meta({
    description: "Guarded ports on which no login is asked for",
    expected: PORTS,
  }),
  AUTH_EXCLUDE: ports()
    .default([])
    .meta({ description: "Other name of `WEB_AUTH_EXCLUDE` (vast.ai)", expected: PORTS }),
  WEB_ENABLE_HTTPS: flag()
    .default(false)
    .meta({ description: "Https on the ports of web services; http is redirected", expected: BOOLEAN }),
  ENABLE_HTTPS: flag()
    .optional()
    .meta({ description: "Other name of `WEB_ENABLE_HTTPS` (vast.ai)", expected: BOOLEAN }),
  WEB_DOMAIN: z
    .string()
    .regex(/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/i)
    .toLowerCase()
    .optional()
    .meta({
      description:
        "Domain that leads here: https with a certificate by ACME; ports 80 or 443 must lead here as well",
      expected: "a domain such as gpu.example.com",
    }),
  WEB_ACME_CA: z
    .string()
    .regex(/^https:\/\/\S+$/)
    .optional()
    .meta({
      description: "Directory of the ACME server for `WEB_DOMAIN`",
      expected: "an https URL",
      defaultText: "Let's Encrypt",
    }),
  DIRECT_ADDRESS: z
    .string()
    .regex(/^[\w.:[\]-]+$/)
    .optional()
    .meta({
      description: "Address of this machine in links; `false` shows no direct links",
      expected: "a host name, an address or false",
    }),
  PORTAL_CONFIG: z.string().optional().meta({
    description: "Web services as vast.ai lists them: `host:port:port of the app:path:name`, by `|`",
    expected: "host:port:port:path:name, by |",
  }),
  AI_DOCK_PORTAL: flag().optional().meta({
    description: "The portal: always or never; when unset, where there is something to show or guard",
    expected: BOOLEAN,
  }),
  AI_DOCK_PORTAL_PORT: port().default(1111).meta({ description: "Port of the portal", expected: PORT }),
  RCLONE_CONFIG: z.string().optional().meta({
    description: "Path of rclone's configuration; remotes may also come as `RCLONE_CONFIG_*`",
    expected: "a path",
    defaultText: "/etc/rclone/rclone.conf",
  }),
  RCLONE_CONFIG_PASS: z.string().optional().meta({
    description: "Password of an encrypted rclone configuration",
    expected: "a password",
    secret: true,
  }),
  VAST_NO_TMUX: flag()
    .default(false)
    .meta({ description: "Keep vast.ai from starting tmux at login", expected: BOOLEAN }),
  DEBUG: flag()
    .default(false)
    .meta({ description: "Log the effective settings at boot, secrets redacted", expected: BOOLEAN }),
  AI_DOCK_STRICT: flag().default(false).meta({
    description: "Stop with exit code 78 when a setting is invalid or a boot step fails",
    expected: BOOLEAN,
  }),
  AI_DOCK_STOP_TIMEOUT: integer(1, 3600).default(9).meta({
    description: "Seconds for the whole stop of the container; below the grace period of its host",
    expected: "a number of seconds from 1",
  }),
  AI_DOCK_DISABLE: list().default([]).meta({
    description: "Programs that are not started at boot, by comma",
    expected: "names by comma",
  }),
  SUPERVISOR_NO_AUTOSTART: list()
    .default([])
    .meta({ description: "Old name of `AI_DOCK_DISABLE`", expected: "names by comma" }),
  AI_DOCK_ON_FATAL: z.enum(["ignore", "exit"]).default("ignore").meta({
    description: "What a program that turns FATAL does to the container (`exit`: it ends with 1)",
    expected: "ignore or exit",
  }),
  AI_DOCK_LOG_FORMAT: z
    .enum(["prefix", "plain", "json"])
    .default("prefix")
    .meta({ description: "Lines of the container log", expected: "prefix, plain or json" }),
});

/** The validated settings, one property a variable; absent ones are undefined. */
export type Settings = { readonly [Name in keyof typeof schema]: z.infer<(typeof schema)[Name]> };
