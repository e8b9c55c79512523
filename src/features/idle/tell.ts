import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Logger } from "../../log.ts";
import type { Notices } from "../../supervisor/notices.ts";
import { sendSignal, spawnChild } from "../../sys/children.ts";
import { tellTerminals } from "../../sys/terminals.ts";
import { DEFAULT_PATH } from "../../sys/which.ts";
import type { Why } from "./clock.ts";

/** The id of our notice. */
const NOTICE = "idle";

/** The sources, where they run themselves. */
const MAIN = join(import.meta.dir, "../../main.ts");

/** Longer than the process takes for all its tries. */
const WEBHOOK_MILLISECONDS = 60_000;

/** What the process needs of the environment. */
const PASSED = /^(?:(?:https?|all|no)_proxy|SSL_CERT_FILE|NODE_EXTRA_CA_CERTS)$/i;

/** What a webhook is told. */
export interface Told {
  event: "idle_warning" | "idle_kept" | "idle_end" | "idle_report";
  why: Why;
  action: string;
  message: string;
  seconds_left: number | null;
}

export interface TellerOptions {
  notices: Pick<Notices, "set" | "delete">;
  log: Logger;
  env: Readonly<Record<string, string>>;
  webhook: () => string | undefined;
  terminals?: (line: string) => void;
}

/** Tells people of what is about to come: in the log, on terminals, as a notice, and by a webhook. */
export class Teller {
  readonly #options: TellerOptions;

  constructor(options: TellerOptions) {
    this.#options = options;
  }

  /** The line that stands in `status` and on pages of the portal; undefined takes it back. */
  notice(message: string | undefined, severity: "info" | "warning" = "warning"): void {
    const { notices } = this.#options;
    if (message === undefined) notices.delete(NOTICE);
    else notices.set(NOTICE, { severity, message });
  }

  log(level: "info" | "warn" | "error", message: string): void {
    this.#options.log[level](message);
  }

  terminals(message: string): void {
    const { log, terminals = tellTerminals } = this.#options;
    try {
      // Names in it may be anybody's choice, and must not steer a terminal.
      terminals(`*** ai-dock: ${message.replaceAll(/\p{Cc}/gu, "\uFFFD")} ***`);
    } catch (error) {
      log.debug(`terminals cannot be told: ${String(error)}`);
    }
  }

  /**
   * Tells the webhook, where there is one, by a process of its own: TLS takes PID 1 megabytes that it would never give back.
   * Resolves once the webhook has answered or cannot be told.
   */
  async webhook(told: Told): Promise<void> {
    const { env, log, webhook } = this.#options;
    const url = webhook();
    if (url === undefined) return;
    const body = {
      ...told,
      container_id: env["CONTAINER_ID"] ?? env["RUNPOD_POD_ID"] ?? "",
      hostname: hostname(),
      timestamp: new Date().toISOString(),
    };
    const self = existsSync(MAIN) ? [process.execPath, MAIN] : [process.execPath];
    const passed = Object.entries(env).filter(([name]) => PASSED.test(name));
    try {
      const child = spawnChild({
        command: [...self, "webhook"],
        env: { PATH: DEFAULT_PATH, ...Object.fromEntries(passed) },
        cwd: "/",
        // The URL is a secret: neither an argument nor the environment of a process.
        stdin: new Blob([JSON.stringify({ url, body })]),
        stdout: "pipe",
        stderr: "ignore",
      });
      const timer = setTimeout(() => sendSignal(-child.pid, "KILL"), WEBHOOK_MILLISECONDS).unref();
      await this.#heed(child, timer);
    } catch (error) {
      log.warn(`AI_DOCK_WEBHOOK: cannot be told: ${String(error)}`);
    }
  }

  async #heed(child: { stdout: ReadableStream; exited: Promise<number> }, timer: Timer): Promise<void> {
    const said = await new Response(child.stdout).text();
    const code = await child.exited;
    clearTimeout(timer);
    if (code !== 0) this.log("warn", `AI_DOCK_WEBHOOK: ${said.trim() || "expected an answer, got none"}`);
  }
}
