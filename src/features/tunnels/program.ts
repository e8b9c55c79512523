import { logFile, MEGABYTE, programDefaults, type ProgramSpec } from "../../programs/spec.ts";
import { cloudflaredEnvironment, findCloudflared, NOT_INSTALLED } from "./environment.ts";
import { observeCloudflared } from "./observe.ts";

/** Seconds that requests in flight get at a stop. */
const GRACE_SECONDS = 3;

/** What named and quick tunnels have in common. */
export const tunnelDefaults = {
  ...programDefaults,
  aliases: [] as string[],
  exitcodes: [] as number[],
  dependsOn: [] as string[],
  stderr: "stdout",
  onlyEnvironment: true,
  ready: { kind: "observed" },
  observe: observeCloudflared,
  // Stopped first: requests in flight need the services behind the tunnel.
  stopPriority: 1000,
  // An edge that refuses every attempt can make cloudflared log without end.
  containerLimit: { burstBytes: MEGABYTE, bytesPerSecond: 16 * 1024 },
} satisfies Partial<ProgramSpec>;

/** The flags of every tunnel: no configuration files, no self-update, metrics on a free loopback port. */
export const tunnelFlags = [
  "--config=/dev/null",
  "--no-autoupdate",
  "--metrics=127.0.0.1:0",
  `--grace-period=${GRACE_SECONDS}s`,
];

/** The log file of a tunnel, smaller than those of other programs. */
export function tunnelLog(name: string) {
  return { ...logFile(name), maxBytes: 10 * MEGABYTE, backups: 1 };
}

/** The program of the tunnel of CF_TUNNEL_TOKEN. */
export function namedTunnelProgram(token: string | undefined, env: Record<string, string>): ProgramSpec {
  const missing = "CF_TUNNEL_TOKEN is not set";
  return {
    ...tunnelDefaults,
    name: "cloudflared",
    group: "cloudflared",
    command: [findCloudflared(env) ?? "cloudflared", "tunnel", ...tunnelFlags, "run"],
    // Not an argument: any user can read /proc/PID/cmdline.
    environment: { ...cloudflaredEnvironment(env), TUNNEL_TOKEN: tokenIn(token ?? "") },
    autorestart: true,
    startsecs: 5,
    // The network may be away for long. A malformed token is FATAL at once, by the observer.
    startretries: Infinity,
    priority: 100,
    stdout: tunnelLog("cloudflared"),
    ...(token === undefined ? { skipped: missing } : {}),
    prepare: async () => {
      if (token === undefined) return missing;
      return findCloudflared(env) === undefined ? NOT_INSTALLED : undefined;
    },
    origin: { kind: "builtin" },
  };
}

/** The token is the last word of the command line that Cloudflare shows and users paste. */
function tokenIn(text: string): string {
  return text.trim().split(/\s+/).at(-1) ?? "";
}
