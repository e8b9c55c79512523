import { type TcpSocket, tcpSockets } from "../../../sys/tcp-sockets.ts";
import { type Activity, intervals, seen, shareOf, type Source, unmeasured } from "./activity.ts";
import type { SshSessions } from "./ssh.ts";

/** What is known of ports. */
export interface Ports {
  /** Of ssh servers: only sessions that have logged in count. */
  ssh: ReadonlySet<number>;
  /** Of our front, where it asks for a login: only what gets past the front counts. */
  guarded: ReadonlySet<number>;
  /** Of apps: what comes there was let through by the front, or came by a forwarded port. */
  apps: ReadonlySet<number>;
}

export interface ConnectionsOptions {
  sessions: SshSessions;
  ports: () => Ports;
  /** Bytes a minute that count on one connection. */
  traffic: () => number;
  list?: (isLeftOut: (localPort: number) => boolean) => TcpSocket[];
  now?: () => number;
}

/** What a countdown writes to a terminal, and what keeps a connection alive, is less. */
const LEAST_BYTES = 1024;

/** A minute, on all connections that programs of the container have opened: telemetry is less, a download more. */
const TRANSFER_BYTES = 1024 * 1024;
const LEAST_TRANSFER_BYTES = 64 * 1024;

const TRANSFER = "programs of the container send or load data";

/** Cloudflare's: cloudflared carries requests of everybody there, of which those that count reach an app. */
const TUNNEL_PORT = 7844;

/** Connections that carry data: ssh sessions, apps, other ports, and what programs send or load. */
export function connectionsSource(options: ConnectionsOptions): Source {
  const { sessions, ports, traffic, list = tcpSockets, now } = options;
  const sinceLast = intervals(now);
  let before: Map<string, number> | undefined;
  return {
    name: "connections",
    look() {
      const milliseconds = sinceLast() ?? 0;
      const known = ports();
      const sockets = list((port) => known.guarded.has(port));
      const connected = sockets.filter(({ isListening }) => !isListening);
      const listening = new Set(sockets.flatMap((one) => (one.isListening ? [one.localPort] : [])));
      const found = sessions.look(connected.filter(({ localPort }) => known.ssh.has(localPort)));
      const last = before;
      before = new Map(connected.map(({ id, bytes }) => [id, bytes ?? 0]));
      if (last === undefined) return found;
      const least = shareOf(traffic(), milliseconds, LEAST_BYTES);
      let transferred = 0;
      for (const socket of connected) {
        const kind = kindOf(socket, known, listening, sessions);
        if (kind === undefined) continue;
        const bytes = socket.bytes === undefined ? undefined : socket.bytes - (last.get(socket.id) ?? 0);
        if (bytes === undefined) found.push(unmeasured(kind, `${describe(kind, socket)}, bytes unknown`));
        else if (kind === "transfer") transferred += bytes;
        else if (bytes > least) found.push(seen(kind, describe(kind, socket)));
      }
      if (transferred > shareOf(TRANSFER_BYTES, milliseconds, LEAST_TRANSFER_BYTES))
        found.push(seen("transfer", TRANSFER));
      return unique(found);
    },
  };
}

type Kind = "ssh" | "web" | "port" | "transfer";

function kindOf(
  socket: TcpSocket,
  { ssh, guarded, apps }: Ports,
  listening: ReadonlySet<number>,
  sessions: SshSessions,
): Kind | undefined {
  const { localPort, remotePort, isLocal } = socket;
  if (ssh.has(localPort)) return sessions.isSession(socket) ? "ssh" : undefined;
  if (!listening.has(localPort)) return isLocal || remotePort === TUNNEL_PORT ? undefined : "transfer";
  if (apps.has(localPort)) return "web";
  return isLocal || guarded.has(localPort) ? undefined : "port";
}

function describe(kind: Kind, { localPort, remote }: TcpSocket): string {
  if (kind === "transfer") return TRANSFER;
  if (kind === "ssh") return `ssh session from ${remote}`;
  return `connection to port ${localPort}${kind === "port" ? ` from ${remote}` : ""}`;
}

function unique(found: Activity[]): Activity[] {
  return [...new Map(found.map((one) => [`${one.source} ${one.detail}`, one])).values()];
}
