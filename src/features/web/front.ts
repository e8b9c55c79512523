import type { PortalContext } from "../../control/portal/context.ts";
import type { Credentials } from "../../control/portal/protocol.ts";
import type { Service } from "../../control/service.ts";
import { servePortal } from "../../control/portal/server.ts";
import { messageOf } from "../../errors.ts";
import { logger } from "../../log.ts";
import type { Observed, ProgramSpec } from "../../programs/spec.ts";
import type { Supervisor } from "../../supervisor/supervisor.ts";
import { listeningPorts } from "../../sys/proc.ts";
import { beginWeb } from "./begin.ts";
import { caddyAdmin } from "./admin.ts";
import type { CaddySockets } from "./caddy-sockets.ts";
import { LoginCodes } from "./codes.ts";
import { CredentialStore } from "./credentials.ts";
import { makeWebDirectory, stateDirectory } from "./directories.ts";
import { Guard } from "./guard.ts";
import { LinksFile } from "./links-file.ts";
import { NamedLinks } from "./named-links.ts";
import * as paths from "./paths.ts";
import { readRegistry } from "./registry.ts";
import { Rounds } from "./rounds.ts";
import { describeServices } from "./services.ts";
import { webSettings, type WebSettings } from "./settings.ts";
import { sshAddress } from "./ssh-address.ts";
import { Templates } from "./templates.ts";
import { tlsPlan } from "./tls-files.ts";
import { isTunnelled, type TunnelService, tunnelServices } from "./tunnel-targets.ts";
import { portalUser } from "./users.ts";
import { whyNotWanted } from "./wanted.ts";

const log = logger("web");

/** Between two looks at who holds a port, while that is open. */
const LOOK_MILLISECONDS = 2000;
/** Between two looks at the files of a certificate. */
const CERTIFICATE_MILLISECONDS = 30_000;

/** Different problems that are logged: some hold what any user of the container has written. */
const MOST_TOLD = 500;

export interface FrontOptions extends Pick<
  PortalContext,
  "supervisor" | "version" | "logDirectory" | "boot" | "idle" | "environment" | "doctor"
> {
  /** Addresses of the named tunnel, by the port that they lead to. */
  namedTunnel: () => Promise<Map<number, string[]>>;
}

/** The front of the web services in PID 1: what there is, what Caddy has to know, and what the portal may ask. */
export class WebFront {
  readonly #options: FrontOptions;
  readonly #supervisor: Supervisor;
  readonly #admin = caddyAdmin(paths.adminSocket());
  readonly #guard = new Guard(
    {
      adminSocket: paths.adminSocket(),
      portalSocket: paths.portalHttpSocket(),
      leavingFile: paths.leavingFile(),
    },
    this.#admin,
  );
  readonly #templates = new Templates(this.#admin);
  readonly #codes = new LoginCodes();
  readonly #credentials = new CredentialStore(paths.credentialsFile(), (text) => log.warn(text));
  readonly #listeners = new Set<(what: "state" | "credentials") => void>();
  readonly #told = new Set<string>();
  #isStateOurs = false;
  #caddy: Observed | undefined;
  #expected: ProgramSpec[] = [];
  #closePortal: (() => void) | undefined;
  readonly #named: NamedLinks;
  readonly #rounds = new Rounds(() => this.#lookOnce());
  readonly #links = new LinksFile();

  constructor(options: FrontOptions) {
    this.#options = options;
    this.#supervisor = options.supervisor;
    this.#named = new NamedLinks(options.namedTunnel, () => this.changed());
  }

  end(): void {
    this.#rounds.end();
    this.#closePortal?.();
  }

  /** Programs that come at the end of the boot: their services are guarded from now on. */
  expect(specs: ProgramSpec[]): void {
    this.#expected = specs;
    this.look();
  }

  /** Looks at everything again soon. */
  look(): void {
    this.#rounds.ask();
  }

  /** Caddy's process answers; it knows nothing yet. */
  readonly onCaddy = (observed: Observed, sockets?: CaddySockets): void => {
    this.#caddy = observed;
    this.#guard.begin(sockets);
    observed.over.addEventListener("abort", () => {
      if (this.#caddy !== observed) return;
      this.#caddy = undefined;
      this.#guard.begin();
      this.look();
    });
    this.look();
  };

  /** Makes the socket of the portal, before the portal starts. */
  readonly openControl = (): void => {
    if (this.#closePortal !== undefined) return;
    const user = portalUser();
    makeWebDirectory(paths.portalControlDirectory(), 0o750, { uid: process.geteuid?.() ?? 0, gid: user.gid });
    stateDirectory();
    const onFlood = () => this.#restartPortal();
    this.#closePortal = servePortal(this.#context(), paths.portalControlSocket(), user, { onFlood });
  };

  /** A portal that holds so many connections is none of ours any more; with its process all of it ends. */
  #restartPortal(): void {
    log.error("the portal has taken far too many connections to the supervisor; starting it anew");
    this.#closePortal = undefined;
    const portal = this.#supervisor.programs.filter(({ spec }) => spec.name === "portal");
    this.#supervisor.restart(portal).catch((error: unknown) => log.error(messageOf(error)));
  }

  /** The registry at this moment. */
  readonly services = (): Service[] => {
    const { environment } = this.#options;
    const { env } = environment();
    return describeServices({
      guarded: this.#guard.guarded,
      settings: webSettings(env),
      env,
      programs: this.#supervisor.programs,
      listening: listeningPorts(),
      named: this.#named.now(),
    });
  };

  /** The services that get a quick tunnel, or are to wait for one. */
  tunnelServices(): TunnelService[] {
    const isDown = (name: string) => this.#supervisor.programs.find(({ id }) => id === name)?.isDown ?? true;
    return tunnelServices(this.#guard.guarded, this.#settings, isDown);
  }

  /** True once Caddy has been told of the services. */
  get isUp(): boolean {
    return this.#caddy !== undefined;
  }

  /** A code for one login. */
  makeCode(): string {
    return this.#codes.make(this.credentials().sessionKey);
  }

  credentials(): Credentials {
    // Before anything is read there: others may have put their own in its place.
    if (!this.#isStateOurs) stateDirectory();
    this.#isStateOurs = true;
    return this.#credentials.read(this.#settings);
  }

  /** Sets the user and password of the login; sessions end by that. */
  choose(user: string, password: string): void {
    stateDirectory();
    this.#credentials.choose(user, password, this.#settings);
    for (const listener of this.#listeners) listener("credentials");
  }

  /** A tunnel has another address, the boot is one step further, or the environment has changed. */
  changed(): void {
    if (this.#closePortal === undefined) return;
    for (const listener of this.#listeners) listener("state");
    this.#links.write(this.services());
  }

  get #settings(): WebSettings {
    return webSettings(this.#options.environment().env);
  }

  #context(): PortalContext {
    return {
      ...this.#options,
      services: this.services,
      ssh: () => sshAddress(this.#supervisor, this.#options.environment().env),
      credentials: () => this.credentials(),
      redeem: (code) => this.#codes.redeem(code),
      onChange: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
    };
  }

  async #lookOnce(): Promise<void> {
    try {
      await this.#reconcile();
    } catch (error) {
      this.#tell(messageOf(error));
      this.#caddy?.note(messageOf(error));
      this.#rounds.ask(LOOK_MILLISECONDS);
    }
  }

  async #reconcile(): Promise<void> {
    const { env } = this.#options.environment();
    const settings = this.#settings;
    const programs = this.#supervisor.programs.map(({ spec }) => spec);
    const specs = this.#supervisor.phase === "booting" ? [...this.#expected, ...programs] : programs;
    const { entries, problems } = readRegistry({ settings, specs });
    // Once up, the front stays: the last service that goes has to be taken from Caddy, too.
    if (whyNotWanted(settings, entries) !== undefined && this.#caddy === undefined) {
      if (settings.tunnels !== false) this.#guard.look(entries);
      return;
    }
    problems.forEach((problem) => this.#tell(problem));
    await beginWeb(this.#supervisor);
    if (this.#caddy === undefined) this.#guard.look(entries);
    else {
      const { plan: tls, problem } = tlsPlan(settings, env);
      if (problem !== undefined) this.#tell(problem);
      const hasTunnel = (port: number) => isTunnelled(settings.tunnels, port);
      await this.#guard.apply({
        entries,
        login: settings.login,
        tls,
        hasTunnel,
        templateOf: (port, appPort) => this.#templates.of(port, appPort, env),
      });
      const ports = this.#guard.guarded
        .filter(({ decision }) => decision.guarded)
        .map(({ entry }) => entry.port);
      this.#caddy?.note(`guards ${ports.length === 1 ? "port" : "ports"} ${ports.join(", ")}`);
      this.#caddy?.ready(true);
    }
    if (this.#guard.isOpen) this.#rounds.ask(LOOK_MILLISECONDS);
    else if (settings.https) this.#rounds.ask(CERTIFICATE_MILLISECONDS);
    this.changed();
  }

  #tell(problem: string): void {
    if (this.#told.has(problem) || this.#told.size >= MOST_TOLD) return;
    this.#told.add(problem);
    log.warn(problem);
  }
}
