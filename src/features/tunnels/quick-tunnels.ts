import { logger } from "../../log.ts";
import { quickTunnelProgram } from "./quick-program.ts";
import type { Program } from "../../supervisor/program.ts";
import type { Supervisor } from "../../supervisor/supervisor.ts";
import { listeningPorts } from "../../sys/proc.ts";
import type { TunnelService } from "../web/tunnel-targets.ts";

/** How long a silent service, such as one that restarts, keeps its tunnel and so its address. */
const SILENCE_MILLISECONDS = 60_000;

/** How long the next tunnel waits for the one before it to come up. */
const PATIENCE_MILLISECONDS = 30_000;

/** How long Cloudflare may refuse a tunnel, as it does with new ones, before the tunnel counts as deleted there. */
const REFUSED_MILLISECONDS = 60_000;

/** The delay after a failed attempt, doubled by each further failure. */
const FIRST_DELAY_MILLISECONDS = 5000;
const LONGEST_DELAY_MILLISECONDS = 15 * 60_000;

const log = logger("tunnels");

interface Tunnel {
  service: TunnelService;
  program: Program;
  /** Since when nothing listens on the target. */
  silentSince?: number;
  /** The current or last process: when it was started, its address, and whether it has ended. */
  attempt?: { started: number; url?: string; over?: true };
  /** Since when Cloudflare has refused the tunnel. */
  refusedSince?: number;
}

/** True for a tunnel whose front has not answered so far. */
const isWaiting = ({ service, attempt, program }: Tunnel) =>
  (service.isGuarded || service.refusal !== undefined) && attempt === undefined && program.isDown;

export interface QuickTunnelsOptions {
  supervisor: Supervisor;
  env: Record<string, string>;
  /** The services that get a tunnel, as of now. */
  services: () => TunnelService[];
  /** Called with `name: url` of all tunnels that are up, after every change. */
  onChange: (lines: string[]) => void;
}

/** Keeps one tunnel open to each web service, as services come and go. */
export class QuickTunnels {
  readonly #options: QuickTunnelsOptions;
  readonly #tunnels = new Map<number, Tunnel>();
  readonly #attempts = new SharedAttempts();
  #shown = "";

  constructor(options: QuickTunnelsOptions) {
    this.#options = options;
  }

  /** Reconciles tunnels with services, and starts at most one process. `now` in milliseconds. */
  async step(now = performance.now()): Promise<void> {
    const { supervisor } = this.#options;
    if (supervisor.phase === "stopping") return;
    const services = new Map(this.#options.services().map((service) => [service.port, service]));
    if (services.size === 0 && this.#tunnels.size === 0) return;
    const ports = listeningPorts();
    for (const tunnel of this.#tunnels.values()) {
      this.#judge(tunnel, now);
      if (this.#isRefused(tunnel, now)) {
        // cloudflared would retry a deleted tunnel for ever; a new process gets a new tunnel.
        log.warn(`${tunnel.service.name}: ${tunnel.program.note ?? "refused"}`);
        this.#attempts.failed(now);
        await this.#close(tunnel);
      } else if (this.#isOver(tunnel, services.get(tunnel.service.port), ports, now))
        await this.#close(tunnel);
    }
    for (const service of services.values())
      if (!this.#tunnels.has(service.port) && (service.isGuarded || ports.has(service.target)))
        this.#open(service);
    this.#tellChanges();
    this.#explainWaits(ports);
    await this.#startNext(ports, now);
  }

  #open(service: TunnelService): void {
    const { supervisor, env } = this.#options;
    const onUrl = (url: string) => this.#succeeded(tunnel, url);
    const program = supervisor.add(quickTunnelProgram(service, env, onUrl));
    const tunnel: Tunnel = { service, program };
    this.#tunnels.set(service.port, tunnel);
  }

  async #close({ service, program }: Tunnel): Promise<void> {
    const { supervisor } = this.#options;
    this.#tunnels.delete(service.port);
    log.info(`the tunnel to ${service.name} is closed`);
    await supervisor.stop([program]);
    supervisor.remove(program);
  }

  /** True when the service is gone, has another target or no login any more, or has been silent for too long. */
  #isOver(tunnel: Tunnel, service: TunnelService | undefined, ports: Set<number>, now: number): boolean {
    const { target, https, refusal } = tunnel.service;
    const isSame = service?.target === target && service.https === https && service.refusal === refusal;
    return !isSame || this.#isSilent(tunnel, ports, now);
  }

  #isSilent(tunnel: Tunnel, ports: Set<number>, now: number): boolean {
    if (ports.has(tunnel.service.target) || isWaiting(tunnel)) {
      delete tunnel.silentSince;
      return false;
    }
    tunnel.silentSince ??= now;
    return now - tunnel.silentSince >= SILENCE_MILLISECONDS;
  }

  #isRefused(tunnel: Tunnel, now: number): boolean {
    if (tunnel.program.facts["refused"] !== true) {
      delete tunnel.refusedSince;
      return false;
    }
    tunnel.refusedSince ??= now;
    return now - tunnel.refusedSince >= REFUSED_MILLISECONDS;
  }

  #succeeded({ service, attempt }: Tunnel, url: string): void {
    if (attempt?.url === url) return;
    if (attempt !== undefined) attempt.url = url;
    this.#attempts.succeeded();
    log.info(`${service.name} (port ${service.port}): ${url}`);
  }

  /** Notes the end of a process; one that ended without an address is a failed attempt. */
  #judge({ program, attempt, service }: Tunnel, now: number): void {
    if (attempt === undefined || attempt.over || !program.isDown) return;
    attempt.over = true;
    if (attempt.url !== undefined || program.stoppedByRequest) return;
    this.#attempts.failed(now);
    const seconds = Math.round((this.#attempts.next - now) / 1000);
    program.fail(`${program.reason ?? "no tunnel"}; next attempt in ${seconds} s`);
    log.warn(`${service.name} (port ${service.port}): ${program.reason}`);
  }

  /** Shows which tunnels wait for a front. They fail closed: no time ends such a wait. */
  #explainWaits(ports: Set<number>): void {
    for (const { service, program } of [...this.#tunnels.values()].filter(isWaiting))
      program.waitFor(
        service.refusal ??
          (ports.has(service.target)
            ? null
            : `waits for port ${service.target}, which stands in front of the service`),
      );
  }

  async #startNext(ports: Set<number>, now: number): Promise<void> {
    if (now < this.#attempts.next) return;
    const tunnels = [...this.#tunnels.values()];
    const isUnderWay = ({ attempt }: Tunnel) =>
      attempt !== undefined &&
      !attempt.over &&
      attempt.url === undefined &&
      now - attempt.started < PATIENCE_MILLISECONDS;
    if (tunnels.some(isUnderWay)) return;
    const next = tunnels.find(
      ({ program, service }) =>
        program.isDown &&
        !program.stoppedByRequest &&
        !program.refused &&
        service.refusal === undefined &&
        ports.has(service.target),
    );
    if (next === undefined) return;
    next.attempt = { started: now };
    await this.#options.supervisor.begin([next.program]);
  }

  #tellChanges(): void {
    const lines = [...this.#tunnels.values()].flatMap(({ service, program }) => {
      const { url } = program.facts;
      return typeof url === "string" ? [`${service.name}: ${url}`] : [];
    });
    if (lines.join("\n") === this.#shown) return;
    this.#shown = lines.join("\n");
    this.#options.onChange(lines);
  }
}

/** Exponential backoff for the attempts of all quick tunnels together: Cloudflare limits them by IP address. */
export class SharedAttempts {
  #failures = 0;
  #next = 0;

  /** The earliest time of the next attempt, in milliseconds on the caller's clock. */
  get next(): number {
    return this.#next;
  }

  /** Delays the next attempt, as the last one ended without a tunnel. */
  failed(now: number): void {
    this.#next = now + Math.min(FIRST_DELAY_MILLISECONDS * 2 ** this.#failures, LONGEST_DELAY_MILLISECONDS);
    this.#failures++;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#next = 0;
  }
}
