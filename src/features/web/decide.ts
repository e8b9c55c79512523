import { APP_OFFSET, type Entry } from "./registry.ts";

const LAST_PORT = 65_535;

/** Who listens where, as far as that matters. */
export interface Ports {
  /** Ports of this container that some socket listens on. */
  listening: ReadonlySet<number>;
  /** Those that Caddy has. */
  served: ReadonlySet<number>;
  /** Those that Caddy could not get. */
  refused: ReadonlySet<number>;
}

/** What is to be done about a service. */
export interface Decision {
  /** Caddy is to stand on the port. */
  guarded: boolean;
  /** Where the app is, or is expected. */
  appPort: number;
  /** Why it is not guarded, and what to change. */
  reason: string | null;
  /** Nobody knows so far whether the app comes to the port itself. */
  open: boolean;
}

/**
 * Decides whether Caddy takes the port of a service. Where it is said that the app listens elsewhere, at once. Otherwise an
 * app that holds the port itself is left alone, and Caddy comes once the app is seen 10,000 ports above.
 */
export function decide({ port, appPort, kind }: Entry, { listening, served, refused }: Ports): Decision {
  const isTaken = (listening.has(port) && !served.has(port)) || refused.has(port);
  if (kind === "portal" || appPort !== undefined) {
    const target = appPort ?? port;
    const guarded = !isTaken;
    return {
      guarded,
      appPort: target,
      reason: guarded ? null : takenReason(port, kind, target),
      open: !guarded,
    };
  }
  const above = port + APP_OFFSET;
  if (served.has(port)) return { guarded: true, appPort: above, reason: null, open: false };
  if (isTaken) return { guarded: false, appPort: port, reason: ownReason(port), open: true };
  if (above <= LAST_PORT && listening.has(above))
    return { guarded: true, appPort: above, reason: null, open: false };
  return { guarded: false, appPort: port, reason: `nothing listens on port ${port}`, open: true };
}

function takenReason(port: number, kind: Entry["kind"], appPort: number): string {
  const change =
    kind === "portal"
      ? "set AI_DOCK_PORTAL_PORT to a free port"
      : `let the app listen on 127.0.0.1:${appPort}`;
  return `no login on port ${port}, which another process holds; ${change}`;
}

function ownReason(port: number): string {
  const above = port + APP_OFFSET <= LAST_PORT ? `${port + APP_OFFSET}` : "another port";
  return `no login on port ${port}, which the app itself holds; let the app listen on 127.0.0.1:${above} and set web_listen_port`;
}
