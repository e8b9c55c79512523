import type { Service } from "../../control/service.ts";
import { programId } from "../../programs/names.ts";
import type { ProgramSpec } from "../../programs/spec.ts";
import { announcements, MOST_ANNOUNCEMENTS, PORTS_DIRECTORY, whyNotRead } from "./announcements.ts";
import { portalList, type PortalEntry } from "./portal-config.ts";
import type { WebSettings } from "./settings.ts";

export const LOOPBACK = "127.0.0.1";

/** By convention of ai-dock's images an app behind port 8188 listens on port 18188. */
export const APP_OFFSET = 10_000;

/** A web service as it is named somewhere, before anybody has looked who listens where. */
export interface Entry {
  /** Where browsers come to. */
  port: number;
  name: string;
  kind: Service["kind"];
  appHost: string;
  /** Where the app listens, where that is said. Otherwise on the port itself, or 10,000 above it. */
  appPort: number | undefined;
  /** The name that the app is told as Host and Origin instead of the one that browsers use. */
  toldHost?: string | undefined;
  path: string;
  program: string | null;
  /** An address that the service gives itself. */
  url: string | undefined;
  sources: Service["sources"];
}

export interface RegistryInput {
  settings: WebSettings;
  specs: ProgramSpec[];
  /** Tests have their own. */
  portsDirectory?: string;
  portalYaml?: string;
}

/** All web services by port, each of which the first of its sources defines; and one line for each mistake. */
export function readRegistry({ settings, specs, portsDirectory, portalYaml }: RegistryInput): {
  entries: Entry[];
  problems: string[];
} {
  const { entries: listed, problems, fromFile } = portalList(settings.portalConfig, portalYaml);
  const flood = whyNotRead(portsDirectory);
  if (flood !== undefined) problems.push(flood);
  const all = announcements(portsDirectory);
  if (all.length > MOST_ANNOUNCEMENTS)
    problems.push(
      `"${PORTS_DIRECTORY}": expected at most ${MOST_ANNOUNCEMENTS} services, got more; the last ports are not shown`,
    );
  const named = [
    ...specs.flatMap(declared),
    ...listed.map((entry) => fromPortalList(entry, fromFile ? "portal_yaml" : "portal_config")),
    // Any program may have made them: what the container's owner says comes first.
    ...all.slice(0, MOST_ANNOUNCEMENTS).map(announced),
    ...ofTunnels(settings),
  ];
  const portal = settings.portal === false ? [] : [portalEntry(settings.portalPort)];
  const entries = new Map(portal.map((entry) => [entry.port, entry]));
  for (const entry of named) {
    const before = entries.get(entry.port);
    if (before?.kind === "portal") {
      // vast.ai's own portal is in its list; ours takes its place.
      if (!isListed(entry))
        problems.push(
          `Port ${entry.port}: expected one that the portal does not have; ${JSON.stringify(entry.name)} is not shown`,
        );
    } else if (isAnnounced(entry) && settings.reserved.has(entry.port)) {
      problems.push(
        `Port ${entry.port}: expected one that ai-dock does not need; ${JSON.stringify(entry.name)} is not shown`,
      );
    } else entries.set(entry.port, before === undefined ? entry : merge(before, entry));
  }
  const shown = withoutCovered(entries, specs).map((entry) => ({
    ...entry,
    toldHost: hostToTell(entry, settings),
  }));
  return { entries: shown.toSorted((a, b) => a.port - b.port), problems };
}

function hostToTell({ kind, port, toldHost: own }: Entry, { localhost }: WebSettings): string | undefined {
  if (own !== undefined || kind === "portal") return own;
  const isWanted = typeof localhost === "boolean" ? localhost : localhost.includes(port);
  return isWanted ? "localhost" : undefined;
}

const isListed = ({ sources }: Entry) => sources[0] === "portal_config" || sources[0] === "portal_yaml";

/** True for a service that nothing but a file in /run/http_ports names. */
const isAnnounced = ({ sources }: Entry) => sources.every((source) => source === "http_ports");

/**
 * What is first knows best; what it leaves open comes from the others. An announcement leads nobody elsewhere who comes to
 * a service that the container's owner has named.
 */
function merge(first: Entry, other: Entry): Entry {
  const isFree = isAnnounced(first) || !isAnnounced(other);
  const isUsual = other.appPort === first.port + APP_OFFSET;
  return {
    ...first,
    name: first.name === bareName(first.port) ? other.name : first.name,
    appPort: first.appPort ?? (isFree || isUsual ? other.appPort : undefined),
    toldHost: first.toldHost ?? other.toldHost,
    program: first.program ?? other.program,
    url: first.url ?? (isFree ? other.url : undefined),
    sources: [...new Set([...first.sources, ...other.sources])],
  };
}

/**
 * Leaves out services on a port that others name as behind theirs: only the way in counts. An announcement, which any user
 * of the container may have made, leaves out none that somebody else has named.
 */
function withoutCovered(entries: Map<number, Entry>, specs: ProgramSpec[]): Entry[] {
  const all = [...entries.values()];
  const behind = (list: Entry[]) =>
    new Set(
      list.flatMap(({ appPort, port }) => (appPort === undefined || appPort === port ? [] : [appPort])),
    );
  const [namedBehind, allBehind] = [behind(all.filter((entry) => !isAnnounced(entry))), behind(all)];
  /** What a program that is known by the port of the app behind says of it. */
  const ofProgram = ({ appPort, program, toldHost }: Entry) => {
    const spec = appPort === undefined ? undefined : specs.find(({ webPort }) => webPort === appPort);
    return {
      program: program ?? (spec === undefined ? null : programId(spec)),
      toldHost: toldHost ?? spec?.webHost,
    };
  };
  return all
    .filter((entry) => {
      const { port, kind } = entry;
      return kind === "portal" || !(isAnnounced(entry) ? allBehind : namedBehind).has(port);
    })
    .map((entry) => ({ ...entry, ...ofProgram(entry) }));
}

const bareName = (port: number) => `port ${port}`;

const bare = { kind: "app", appHost: LOOPBACK, path: "/", url: undefined } as const;

function portalEntry(port: number): Entry {
  const where = { port, appHost: LOOPBACK, appPort: undefined, path: "/", url: undefined };
  return { ...where, name: "Portal", kind: "portal", program: "portal", sources: ["builtin"] };
}

function declared(spec: ProgramSpec): Entry[] {
  const { webPort: port, webName, webListenPort, webHost: toldHost } = spec;
  if (port === undefined) return [];
  const id = programId(spec);
  const app = { appPort: webListenPort, toldHost, program: id };
  return [{ ...bare, ...app, port, name: webName ?? id, sources: ["program"] }];
}

function announced({ port, listenPort, name, url }: ReturnType<typeof announcements>[number]): Entry {
  const appPort = listenPort === port ? undefined : listenPort;
  return {
    ...bare,
    port,
    name: name ?? bareName(port),
    appPort,
    program: null,
    url,
    sources: ["http_ports"],
  };
}

function fromPortalList(
  { host, port, appPort, path, name }: PortalEntry,
  source: Service["sources"][number],
): Entry {
  const appHost = host === "localhost" ? LOOPBACK : host;
  const where = { appHost, appPort: appPort === port ? undefined : appPort };
  return { ...bare, ...where, port, name, path, program: null, sources: [source] };
}

/** Ports that CF_QUICK_TUNNELS lists are services, too, whoever listens there. */
function ofTunnels({ tunnels }: WebSettings): Entry[] {
  if (tunnels === false || tunnels.ports === "all") return [];
  return tunnels.ports.map((port) => ({
    ...bare,
    port,
    name: bareName(port),
    appPort: undefined,
    program: null,
    sources: ["quick_tunnels"],
  }));
}
