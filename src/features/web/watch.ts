import type { Service } from "../../control/service.ts";
import type { Observed, ProgramSpec } from "../../programs/spec.ts";
import { watchAnnouncements } from "./announcements.ts";
import type { CaddySockets } from "./caddy-sockets.ts";
import type { FrontOptions, WebFront } from "./front.ts";
import type { FrontHooks } from "./programs.ts";
import { readRegistry } from "./registry.ts";
import { Rounds } from "./rounds.ts";
import { webSettings } from "./settings.ts";
import type { TunnelService } from "./tunnel-targets.ts";
import { SWITCHED_OFF, whyNotWanted } from "./wanted.ts";

/** Looks out for the first web service. The front itself is loaded when there is one: most containers have none. */
export class WebWatch implements FrontHooks {
  readonly #options: FrontOptions;
  #firstSkip: { reason: string | undefined } | undefined;
  #expected: ProgramSpec[] = [];
  #loading: Promise<WebFront> | undefined;
  #front: WebFront | undefined;
  readonly #rounds = new Rounds(() => this.#lookOnce());

  constructor(options: FrontOptions) {
    this.#options = options;
  }

  /** Follows programs and announcements. The result ends that. */
  start(): () => void {
    const { supervisor } = this.#options;
    let { revision, phase } = supervisor;
    const unfollow = supervisor.watch(() => {
      if (supervisor.revision === revision && supervisor.phase === phase) return;
      ({ revision, phase } = supervisor);
      this.#look();
    });
    const unwatch = watchAnnouncements(() => this.#look());
    this.#look();
    return () => {
      unfollow();
      unwatch();
      this.#rounds.end();
      this.#front?.end();
    };
  }

  /** Programs that come at the end of the boot: their services are guarded from now on. */
  expect(specs: ProgramSpec[]): void {
    this.#expected = specs;
    this.#front?.expect(specs);
    this.#look();
  }

  readonly onCaddy = (observed: Observed, sockets?: CaddySockets): void => {
    void this.load().then((front) => front.onCaddy(observed, sockets));
  };

  readonly openControl = async (): Promise<void> => (await this.load()).openControl();

  /** What `skipped` of the programs of the front says: as at first, so that an update does not restart what runs. */
  readonly skipReason = (reason: string | undefined): string | undefined => {
    // The owner's word, which a hook may give as well.
    if (reason === SWITCHED_OFF) return reason;
    this.#firstSkip ??= { reason };
    return this.#firstSkip.reason;
  };

  /** The services that get a quick tunnel, or are to wait for one. */
  tunnelServices(): TunnelService[] {
    return this.#front?.tunnelServices() ?? [];
  }

  /** The registry at this moment; empty where there is no front. */
  services(): Service[] {
    return this.#front?.services() ?? [];
  }

  /** A tunnel has another address, the boot is one step further, or the environment has changed. */
  changed(): void {
    this.#front?.changed();
  }

  /** The front, which stays from the first call on. */
  load(): Promise<WebFront> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async #load(): Promise<WebFront> {
    const { WebFront } = await import("./front.ts");
    this.#front = new WebFront(this.#options);
    this.#front.expect(this.#expected);
    return this.#front;
  }

  #look(): void {
    if (this.#front === undefined) this.#rounds.ask();
    else this.#front.look();
  }

  async #lookOnce(): Promise<void> {
    const { supervisor, environment } = this.#options;
    const settings = webSettings(environment().env);
    const specs = [...this.#expected, ...supervisor.programs.map(({ spec }) => spec)];
    const isWanted = whyNotWanted(settings, readRegistry({ settings, specs }).entries) === undefined;
    if (isWanted || settings.tunnels !== false) await this.load();
  }
}
