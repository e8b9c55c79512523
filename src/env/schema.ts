import { accountVariables } from "./account-variables.ts";
import { gpuCountVariables, gpuHealthVariables } from "./gpu-variables.ts";
import { idleVariables } from "./idle-variables.ts";
import {
  flag,
  integer,
  list,
  matching,
  oneOf,
  optional,
  text,
  type Type,
  type Variable,
  variable,
} from "./types.ts";
import { provisioningLists } from "./provisioning-variables.ts";
import { threadVariables } from "./thread-variables.ts";
import { BOOLEAN, PORT, port, webVariables } from "./web-variables.ts";

const key = (from: string) =>
  optional({
    type: text,
    description: `Public key for ssh${from}; several keys by newline`,
    expected: "an OpenSSH public key",
  });

const sha256: Type<string> = (given) => matching(/^[0-9a-f]{64}$/i)(given)?.toLowerCase();

/**
 * Every variable the runtime reads: type, default, secret or not, one line on it.
 * Validation, `ai-dock env`, `--help`, the table in docs and `.env.example` come from here.
 * Programs get each value as it was given, blanks around it included.
 */
export const schema = {
  SSH_PORT: variable({
    type: port,
    fallback: 22,
    description: "Port of the ssh server",
    expected: PORT,
  }),
  SSH_PUBKEY: key(""),
  PUBLIC_KEY: key(" (as RunPod passes it)"),
  SSH_PUBLIC_KEY: key(" (as vast.ai passes it)"),
  WORKSPACE: variable({
    type: matching(/^\/[^\0\n]*$/),
    fallback: "/workspace/",
    description: "Where the data volume is mounted",
    expected: "an absolute path",
  }),
  SKIP_ACL: variable({
    type: flag,
    fallback: false,
    description: "Leave the access control lists of the workspace alone",
    expected: BOOLEAN,
  }),
  ...accountVariables,
  OPT_SYNC: variable<string[]>({
    type: (given) => given.split(/[:,\s]+/).filter((name) => name !== ""),
    fallback: [],
    description: "Directories of /opt that are moved to the mounted workspace once, by colon",
    expected: "names by colon",
  }),
  ...gpuCountVariables,
  ...threadVariables,
  PROVISIONING_MANIFEST: optional({
    type: text,
    description: "Manifest of what to provision: a URL, a path, or the YAML or JSON itself",
    expected: "a URL, a path or YAML",
  }),
  ...provisioningLists,
  PROVISIONING_SCRIPT: optional({
    type: matching(/^(https?:\/\/\S+|file:\/\S+|\/.+)$/i),
    description: "URL or path of a script to run before the programs start",
    expected: "an http(s) or file URL or an absolute path",
  }),
  PROVISIONING_SHA256: optional({
    type: sha256,
    description: "Checksum the provisioning script must have",
    expected: "a SHA-256 checksum of 64 hexadecimal digits",
  }),
  PROVISIONING_TIMEOUT: variable({
    type: integer(0, 604_800),
    fallback: 0,
    description: "Seconds after which a hung provisioning script is ended; 0 waits for ever",
    expected: "a number of seconds from 0 to 604800",
  }),
  PROVISIONING_ONCE: variable({
    type: flag,
    fallback: false,
    description: "Run the provisioning script only when its content changed",
    expected: BOOLEAN,
  }),
  CF_TUNNEL_TOKEN: optional({
    type: text,
    description: "Cloudflare zero trust tunnel token",
    expected: "a tunnel token",
    secret: true,
  }),
  ...webVariables,
  RCLONE_CONFIG: optional({
    type: text,
    description: "Path of rclone's configuration; remotes may also come as `RCLONE_CONFIG_*`",
    expected: "a path",
    defaultText: "/etc/rclone/rclone.conf",
  }),
  RCLONE_CONFIG_PASS: optional({
    type: text,
    description: "Password of an encrypted rclone configuration",
    expected: "a password",
    secret: true,
  }),
  VAST_NO_TMUX: variable({
    type: flag,
    fallback: false,
    description: "Keep vast.ai from starting tmux at login",
    expected: BOOLEAN,
  }),
  DEBUG: variable({
    type: flag,
    fallback: false,
    description: "Log the effective settings at boot, secrets redacted",
    expected: BOOLEAN,
  }),
  AI_DOCK_STRICT: variable({
    type: flag,
    fallback: false,
    description: "Stop with exit code 78 when a setting is invalid or a boot step fails",
    expected: BOOLEAN,
  }),
  AI_DOCK_STOP_TIMEOUT: variable({
    type: integer(1, 3600),
    fallback: 9,
    description: "Seconds for the whole stop of the container; below the grace period of its host",
    expected: "a number of seconds from 1 to 3600",
  }),
  AI_DOCK_PRESTOP_TIMEOUT: variable({
    type: integer(0, 86_400),
    fallback: 60,
    description:
      "Seconds for all scripts of `prestop.d` before a stop; after a SIGTERM at most half of `AI_DOCK_STOP_TIMEOUT`; 0 runs none",
    expected: "a number of seconds from 0 to 86400",
  }),
  AI_DOCK_EARLY: optional<string[]>({
    type: list,
    description: "Programs that start before hooks and provisioning, by comma; `none` for none",
    expected: "none, or names by comma",
    defaultText: "portal,caddy",
  }),
  AI_DOCK_DISABLE: variable<string[]>({
    type: list,
    fallback: [],
    description: "Programs that are not started at boot, by comma",
    expected: "names by comma",
  }),
  SUPERVISOR_NO_AUTOSTART: variable<string[]>({
    type: list,
    fallback: [],
    description: "Other name of `AI_DOCK_DISABLE`; instead of the list of `SERVERLESS`",
    expected: "names by comma",
  }),
  SERVERLESS: variable({
    type: flag,
    fallback: false,
    description: "Start none of sshd, the portal, Caddy, tunnels, Jupyter and Syncthing",
    expected: BOOLEAN,
  }),
  AI_DOCK_ON_FATAL: variable<"ignore" | "exit">({
    type: oneOf("ignore", "exit"),
    fallback: "ignore",
    description: "What a program that turns FATAL does to the container (`exit`: it ends with 1)",
    expected: "ignore or exit",
  }),
  ...gpuHealthVariables,
  ...idleVariables,
  AI_DOCK_LOG_FORMAT: variable<"prefix" | "plain" | "json">({
    type: oneOf("prefix", "plain", "json"),
    fallback: "prefix",
    description: "Lines of the container log",
    expected: "prefix, plain or json",
  }),
  AI_DOCK_LOG_CONTAINER: variable<string[]>({
    type: list,
    fallback: ["all"],
    description: "Programs whose log files are copied to the container log: `all`, `none`, or names by comma",
    expected: "all, none, or names by comma",
  }),
};

/** The validated settings, one property a variable; absent ones are undefined. */
export type Settings = {
  readonly [Name in keyof typeof schema]: (typeof schema)[Name] extends Variable<infer Value> ? Value : never;
};
