import { freePort } from "../../sys/free-port.ts";
import { logger } from "../../log.ts";
import { listeningPorts } from "../../sys/proc.ts";
import { type CaddyAdmin, Refused } from "./admin.ts";
import { caddyConfig } from "./caddy-config.ts";
import type { TlsPlan } from "./caddy-tls.ts";
import { type Decision, decide } from "./decide.ts";
import type { Entry } from "./registry.ts";
import type { Json, Site } from "./site.ts";

const log = logger("web");

/** How many ports may turn out to be taken while Caddy is told of all. */
const MOST_TRIES = 20;

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
  readonly #paths: { adminSocket: string; portalSocket: string };
  readonly #admin: CaddyAdmin;
  /** As of the last load, in the order of ports. */
  guarded: readonly Guarded[] = [];
  #served = new Set<number>();
  readonly #tunnelPorts = new Map<number, number>();
  #loaded = "";
  readonly #badTemplates = new WeakSet<Json[]>();

  constructor(paths: { adminSocket: string; portalSocket: string }, admin: CaddyAdmin) {
    this.#paths = paths;
    this.#admin = admin;
  }

  /** Caddy has ended, or another process of it has begun: it has nothing. */
  forget(): void {
    this.#served = new Set();
    this.#loaded = "";
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
    const refused = new Set<number>();
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const guarded = this.#decideAll(wishes, refused);
      const sites = await this.#sites(guarded, wishes);
      try {
        await this.#load(wishes, sites);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        const { takenPort } = error;
        if (takenPort !== undefined && !refused.has(takenPort)) {
          refused.add(takenPort);
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

  async #load({ login, tls }: Wishes, sites: Site[]): Promise<void> {
    const config = caddyConfig({ ...this.#paths, login, tls, sites });
    const text = JSON.stringify(config);
    if (text !== this.#loaded) await this.#admin.load(config);
    this.#loaded = text;
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

  async #sites(guarded: Guarded[], { templateOf }: Wishes): Promise<Site[]> {
    const sites: Site[] = [];
    for (const { entry, decision, tunnelPort } of guarded) {
      const listen = [
        ...(decision.guarded ? [`:${entry.port}`] : []),
        ...(tunnelPort === undefined ? [] : [`127.0.0.1:${tunnelPort}`]),
      ];
      if (listen.length === 0) continue;
      const { port, kind, appHost } = entry;
      const { appPort } = decision;
      const found = kind === "app" ? await templateOf(port, appPort) : undefined;
      const template = found !== undefined && !this.#badTemplates.has(found) ? { template: found } : {};
      sites.push({ port, kind, appHost, appPort, listen, ...template });
    }
    return sites;
  }
}
