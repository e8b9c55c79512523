import { logger } from "../../log.ts";
import { quickTunnelProgram, type WebService } from "./quick-program.ts";
import type { Program } from "../../supervisor/program.ts";
import type { Supervisor } from "../../supervisor/supervisor.ts";
import { listeningPorts } from "../../sys/proc.ts";
import { SharedAttempts } from "./quick-tunnel-backoff.ts";
import { webServices } from "./web-services.ts";

/** A service that restarts keeps its tunnel, and with it its address, for so long. */
const SILENCE_MILLISECONDS = 60_000;

/** How long the next tunnel waits for the one before it to come up. */
const PATIENCE_MILLISECONDS = 30_000;

/** A new tunnel may be refused for a moment; one that is refused for so long has gone at Cloudflare. */
const REFUSED_MILLISECONDS = 60_000;

/** How long a service alone has to answer before its tunnel leads past what should stand in front of it. */
const ALONE_MILLISECONDS = 10_000;

const log = logger("tunnels");

interface Tunnel {
  service: WebService;
  /** Where it leads. */
  target: number;
  program: Program;
  /** Since when its service has not answered. */
  silentSince?: number;
  /** Of the current or last process: when it was started, and what became of it. */
  attempt?: { started: number; url?: string; over?: true };
  /** Since when Cloudflare has refused it. */
  refusedSince?: number;
}

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
  /** Since when a service has answered behind a front that does not, by port. */
  readonly #alone = new Map<number, number>();
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
      } else if (!services.has(tunnel.service.port) || this.#isSilent(tunnel, ports, now))
        await this.#close(tunnel);
    }
    for (const service of services.values()) {
      const target = this.#tunnels.has(service.port) ? undefined : this.#targetOf(service, ports, now);
      if (target !== undefined) this.#open(service, target);
    }
    this.#tellChanges();
    await this.#startNext(now);
  }

  /** Where a tunnel may lead by now. */
  #targetOf({ port, targets }: WebService, ports: Set<number>, now: number): number | undefined {
    const answering = targets.find((target) => ports.has(target));
    if (answering === undefined || answering === targets[0]) {
      this.#alone.delete(port);
      return answering;
    }
    const since = this.#alone.get(port) ?? now;
    this.#alone.set(port, since);
    return now - since < ALONE_MILLISECONDS ? undefined : answering;
  }

  #open(service: WebService, target: number): void {
    const { supervisor, env } = this.#options;
    const onUrl = (url: string) => this.#succeeded(tunnel, url);
    const program = supervisor.add(quickTunnelProgram(service, target, env, onUrl));
    const tunnel: Tunnel = { service, target, program };
    this.#tunnels.set(service.port, tunnel);
    this.#alone.delete(service.port);
  }

  async #close({ service, program }: Tunnel): Promise<void> {
    const { supervisor } = this.#options;
    this.#tunnels.delete(service.port);
    log.info(`the tunnel to ${service.name} is closed`);
    await supervisor.stop([program]);
    supervisor.remove(program);
  }

  #isSilent(tunnel: Tunnel, ports: Set<number>, now: number): boolean {
    if (ports.has(tunnel.target)) {
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
    program.reason = `${program.reason ?? "no tunnel"}; next attempt in ${seconds} s`;
    log.warn(`${service.name} (port ${service.port}): ${program.reason}`);
  }

  async #startNext(now: number): Promise<void> {
    if (now < this.#attempts.next) return;
    const tunnels = [...this.#tunnels.values()];
    const isUnderWay = ({ attempt }: Tunnel) =>
      attempt !== undefined &&
      !attempt.over &&
      attempt.url === undefined &&
      now - attempt.started < PATIENCE_MILLISECONDS;
    if (tunnels.some(isUnderWay)) return;
    const next = tunnels.find(
      ({ program }) => program.isDown && !program.stoppedByRequest && !program.refused,
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
