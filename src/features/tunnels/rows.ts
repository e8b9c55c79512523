import { cloudflaredMetrics } from "./metrics.ts";
import { QUICK_TUNNELS_GROUP } from "./quick-program.ts";
import type { ProgramStatus } from "../../supervisor/status.ts";

/** One public address in `tunnels --json`; unknown fields are null. */
export interface TunnelRow {
  kind: "named" | "quick";
  url: string | null;
  /** The URL of the service in this container. */
  target: string | null;
  /** The program or service behind the address, or the log file where nothing else is known. */
  service: string;
  /** True while the tunnel is connected. */
  ready: boolean;
  pid: number | null;
  reason: string | null;
}

/** The tunnels that the supervisor runs. The routes of a named tunnel come from its cloudflared process. */
export async function ownTunnels(programs: ProgramStatus[]): Promise<TunnelRow[]> {
  const rows = await Promise.all(
    programs.map(async (program) => {
      if (program.group === QUICK_TUNNELS_GROUP) return [quick(program)];
      if (program.name === "cloudflared" && program.pid !== null) return named(program);
      return [];
    }),
  );
  return rows.flat();
}

function quick(program: ProgramStatus): TunnelRow {
  const { facts, name, ready, pid, reason, note } = program;
  const { url, service, target } = facts;
  return {
    kind: "quick",
    url: typeof url === "string" ? url : null,
    target: `http://localhost:${typeof target === "number" ? target : name}`,
    service: typeof service === "string" ? service : `port ${name}`,
    ready,
    pid,
    reason: reason ?? (ready ? null : note),
  };
}

async function named({ facts, ready, pid, note, reason }: ProgramStatus): Promise<TunnelRow[]> {
  const row = { kind: "named", service: "cloudflared", ready, pid, reason: reason ?? note } as const;
  const port = facts["metrics_port"];
  const routes =
    typeof port === "number"
      ? await cloudflaredMetrics(port)
          .routes()
          .catch(() => [])
      : [];
  if (routes.length === 0) return [{ ...row, url: null, target: null }];
  return routes.map(({ hostname, path, service }) => ({
    ...row,
    url: `https://${hostname}`,
    service: path === undefined ? row.service : `${row.service}, paths like ${path}`,
    target: service ?? null,
  }));
}

/** The addresses of named tunnels, by the port of this container that they lead to. */
export async function namedLinks(programs: ProgramStatus[]): Promise<Map<number, string[]>> {
  const rows = (await ownTunnels(programs)).filter(({ kind, url }) => kind === "named" && url !== null);
  const links = new Map<number, string[]>();
  for (const { url, target } of rows) {
    const [, digits] = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\]):(\d+)/.exec(target ?? "") ?? [];
    if (digits !== undefined && url !== null)
      links.set(Number(digits), [...(links.get(Number(digits)) ?? []), url]);
  }
  return links;
}
