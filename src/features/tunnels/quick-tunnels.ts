import { logger } from "../../log.ts";
import { quickTunnelProgram, type WebService } from "./quick-program.ts";
import type { Program } from "../../supervisor/program.ts";
import type { Supervisor } from "../../supervisor/supervisor.ts";
import { listeningPorts } from "../../sys/proc.ts";
import { webServices } from "./web-services.ts";

/** A service that restarts keeps its tunnel, and with it its address, for so long. */
const SILENCE_MILLISECONDS = 60_000;

/** How long the next tunnel waits for the one before it to come up. */
const PATIENCE_MILLISECONDS = 30_000;

/** A new tunnel may be refused for a moment; one that is refused for so long has gone at Cloudflare. */
const REFUSED_MILLISECONDS = 60_000;

/** The waits after failed attempts, doubled each time. */
const FIRST_DELAY_MILLISECONDS = 5000;
const LONGEST_DELAY_MILLISECONDS = 15 * 60_000;

const log = logger("tunnels");

interface Tunnel {
  service: WebService;
  program: Program;
  /** Since when its service has not answered. */
  silentSince?: number;
  /** Of the current or last process: when it was started, and what became of it. */
  attempt?: { started: number; url?: string; over?: true };
  /** Since when Cloudflare has refused it. */
  refusedSince?: number;
}

const isGuarded = ({ behind }: WebService) => behind !== undefined;

/** The tunnel to a front that has not answered so far. */
const isWaiting = ({ service, attempt, program }: Tunnel) =>
  isGuarded(service) && attempt === undefined && program.isDown;

export interface QuickTunnelsOptions {
  supervisor: Supervisor;
  env: Record<string, string>;
  /** CF_QUICK_TUNNELS. */
  wanted: boolean | number[];
  /** Where ports are announced. */
  directory?: string;
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

  /** Looks at what there should be and what there is, and takes the next steps. `now` in milliseconds. */
  async step(now = performance.now()): Promise<void> {
    const { supervisor, wanted, directory } = this.#options;
    if (supervisor.phase !== "running") return;
    const services = webServices(wanted, supervisor.programs, directory);
    if (services.size === 0 && this.#tunnels.size === 0) return;
    const ports = listeningPorts();
    for (const tunnel of this.#tunnels.values()) {
      this.#judge(tunnel, now);
      if (this.#isRefused(tunnel, now)) {
        // cloudflared itself would go on with it for ever; the next one is a new tunnel.
        log.warn(`${tunnel.service.name}: ${tunnel.program.note ?? "refused"}`);
        this.#attempts.failed(now);
        await this.#close(tunnel);
      } else if (this.#isOver(tunnel, services.get(tunnel.service.port), ports, now))
        await this.#close(tunnel);
    }
    for (const service of services.values())
      if (!this.#tunnels.has(service.port) && (isGuarded(service) || ports.has(service.target)))
        this.#open(service);
    this.#tellChanges();
    this.#explainWaits(ports);
    await this.#startNext(ports, now);
  }

  #open(service: WebService): void {
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

  /** The service is gone, has got a front that the tunnel leads past, or has been silent for too long. */
  #isOver(tunnel: Tunnel, service: WebService | undefined, ports: Set<number>, now: number): boolean {
    return service?.target !== tunnel.service.target || this.#isSilent(tunnel, ports, now);
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

  /** Learns that an attempt has come to its end. */
  #judge({ program, attempt, service }: Tunnel, now: number): void {
    if (attempt === undefined || attempt.over || !program.isDown) return;
    attempt.over = true;
    if (attempt.url !== undefined || program.stoppedByRequest) return;
    this.#attempts.failed(now);
    const seconds = Math.round((this.#attempts.next - now) / 1000);
    program.fail(`${program.reason ?? "no tunnel"}; next attempt in ${seconds} s`);
    log.warn(`${service.name} (port ${service.port}): ${program.reason}`);
  }

  /** Says which tunnels wait for what stands in front of their service. No time ends such a wait. */
  #explainWaits(ports: Set<number>): void {
    for (const { service, program } of [...this.#tunnels.values()].filter(isWaiting))
      program.waitFor(
        ports.has(service.target)
          ? null
          : `waits for port ${service.target}, which stands in front of the service`,
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
        program.isDown && !program.stoppedByRequest && !program.refused && ports.has(service.target),
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

/** Spaces the attempts at quick tunnels, of all together, since Cloudflare counts them by address. */
export class SharedAttempts {
  #failures = 0;
  #next = 0;

  /** When the next attempt may be made, on the caller's clock in milliseconds. */
  get next(): number {
    return this.#next;
  }

  /** No tunnel came of an attempt. */
  failed(now: number): void {
    this.#next = now + Math.min(FIRST_DELAY_MILLISECONDS * 2 ** this.#failures, LONGEST_DELAY_MILLISECONDS);
    this.#failures++;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#next = 0;
  }
}
