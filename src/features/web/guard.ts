import { freePort } from "../../sys/free-port.ts";
import { logger } from "../../log.ts";
import { listeningPorts } from "../../sys/proc.ts";
import { type CaddyAdmin, Refused } from "./admin.ts";
import { CaddyLoader } from "./caddy-loader.ts";
import type { CaddySockets } from "./caddy-sockets.ts";
import type { TlsPlan } from "./caddy-tls.ts";
import { type Decision, decide } from "./decide.ts";
import type { Entry } from "./registry.ts";
import type { Json, Site } from "./site.ts";

const log = logger("web");

/** Each port may turn out to be taken while Caddy is told of all; and then there are templates. */
const FURTHER_TRIES = 5;
/** How long a port that Caddy did not get is not tried again, where nobody is seen to listen there. */
const REFUSED_MILLISECONDS = 10_000;

/** Of https: where a domain leads, the portal is there, too. */
const HTTPS = 443;

/** What is to be guarded. */
export interface Wishes {
  entries: Entry[];
  login: boolean;
  tls: TlsPlan | undefined;
  /** True for a port that tunnels come to. */
  hasTunnel: (port: number) => boolean;
  /** Routes of an image in front of the app; the same object as long as they are the same. */
  templateOf: (port: number, appPort: number) => Promise<Json[] | undefined>;
}

/** A service and what came of it. */
export interface Guarded {
  entry: Entry;
  decision: Decision;
  /** Where a tunnel comes to while the app holds its port itself. */
  tunnelPort: number | undefined;
}

/** Makes Caddy stand in front of the services, and knows what Caddy has. */
export class Guard {
  readonly #paths: { adminSocket: string; portalSocket: string; leavingFile: string };
  readonly #loader: CaddyLoader;
  /** As of the last load, in the order of ports. */
  guarded: readonly Guarded[] = [];
  #served = new Set<number>();
  readonly #tunnelPorts = new Map<number, number>();
  readonly #badTemplates = new WeakSet<Json[]>();
  /** Ports that Caddy did not get, and until when they are not tried again. */
  readonly #refused = new Map<number, number>();
  #isHttpsTold = false;

  constructor(paths: { adminSocket: string; portalSocket: string; leavingFile: string }, admin: CaddyAdmin) {
    this.#paths = paths;
    this.#loader = new CaddyLoader(admin);
  }

  /** Another process of Caddy has begun, which has nothing, or none is there. */
  begin(sockets?: CaddySockets): void {
    this.#served = new Set();
    this.#refused.clear();
    this.#loader.begin(sockets);
  }

  /** True while it is open who will hold some port: somebody has to look again. */
  get isOpen(): boolean {
    return this.guarded.some(({ decision }) => decision.open);
  }

  /** Looks at the ports without Caddy, which is not up. */
  look(entries: Entry[]): void {
    const ports = { listening: listeningPorts(), served: new Set<number>(), refused: new Set<number>() };
    this.guarded = entries.map((entry) => {
      const decision = decide(entry, ports);
      return { entry, decision: { ...decision, guarded: false }, tunnelPort: undefined };
    });
  }

  /** Gives Caddy the configuration, where it differs from what Caddy has. Throws when Caddy refuses it for no port. */
  async apply(wishes: Wishes): Promise<void> {
    const now = performance.now();
    for (const [port, until] of this.#refused) if (until < now) this.#refused.delete(port);
    const refused = new Set(this.#refused.keys());
    for (let left = 2 * wishes.entries.length + FURTHER_TRIES; left > 0; left--) {
      const guarded = this.#decideAll(wishes, refused);
      const sites = await this.#sites(guarded, wishes, refused);
      try {
        await this.#load(wishes, sites);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        const { takenPort } = error;
        if (takenPort !== undefined && !refused.has(takenPort)) {
          refused.add(takenPort);
          this.#refused.set(takenPort, now + REFUSED_MILLISECONDS);
          if (takenPort === HTTPS) this.#tellOfHttps(wishes);
          const owner = guarded.find(({ tunnelPort }) => takenPort === tunnelPort);
          if (owner !== undefined) this.#tunnelPorts.delete(owner.entry.port);
        } else if (takenPort !== undefined || !(await this.#dropTemplates(wishes, sites))) throw error;
        continue;
      }
      this.guarded = guarded;
      return;
    }
    throw new Error("Caddy gets too few of its ports");
  }

  /** Nothing else shows that the domain leads to nobody. */
  #tellOfHttps({ entries, tls }: Wishes): void {
    if (this.#isHttpsTold || entries.some(({ port }) => port === HTTPS)) return;
    this.#isHttpsTold = true;
    log.warn(`Port ${HTTPS}: expected a free one; https://${tls?.domain ?? ""}/ does not lead to the portal`);
  }

  async #load({ login, tls }: Wishes, sites: Site[]): Promise<void> {
    await this.#loader.load({ ...this.#paths, login, tls, sites });
    this.#served = new Set(sites.flatMap(({ port, listen }) => (listen.includes(`:${port}`) ? [port] : [])));
  }

  /** Finds the templates that Caddy refuses, each by itself; false where there is none. */
  async #dropTemplates(wishes: Wishes, sites: Site[]): Promise<boolean> {
    const bare = sites.map((site): Site => ({ ...site, template: undefined }));
    let isFound = false;
    for (const [index, site] of sites.entries()) {
      if (site.template === undefined) continue;
      try {
        await this.#load(wishes, bare.with(index, site));
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        log.warn(`the template of port ${site.port} is refused: ${error.message}; the port goes without`);
        this.#badTemplates.add(site.template);
        isFound = true;
      }
    }
    return isFound;
  }

  #decideAll({ entries, hasTunnel }: Wishes, refused: Set<number>): Guarded[] {
    const ports = { listening: listeningPorts(), served: this.#served, refused };
    return entries.map((entry) => {
      const decision = decide(entry, ports);
      // The app has to be there: nothing is known of where it may come.
      const needsOwn = !decision.guarded && hasTunnel(entry.port) && ports.listening.has(decision.appPort);
      return { entry, decision, tunnelPort: needsOwn ? this.#tunnelPort(entry.port) : undefined };
    });
  }

  #tunnelPort(port: number): number {
    const known = this.#tunnelPorts.get(port) ?? freePort();
    this.#tunnelPorts.set(port, known);
    return known;
  }

  async #sites(guarded: Guarded[], { templateOf, tls }: Wishes, refused: Set<number>): Promise<Site[]> {
    const sites: Site[] = [];
    const isFree = !refused.has(HTTPS) && !guarded.some(({ entry }) => entry.port === HTTPS);
    for (const { entry, decision, tunnelPort } of guarded) {
      const listen = [
        ...(decision.guarded ? [`:${entry.port}`] : []),
        ...(tunnelPort === undefined ? [] : [`127.0.0.1:${tunnelPort}`]),
        ...(entry.kind === "portal" && tls?.domain !== undefined && isFree ? [`:${HTTPS}`] : []),
      ];
      if (listen.length === 0) continue;
      const { port, kind, appHost, toldHost } = entry;
      const { appPort } = decision;
      const found = kind === "app" ? await templateOf(port, appPort) : undefined;
      const template = found !== undefined && !this.#badTemplates.has(found) ? { template: found } : {};
      sites.push({ port, kind, appHost, appPort, toldHost, listen, ...template });
    }
    return sites;
  }
}
