import { readFileSync, rmSync } from "node:fs";
import { messageOf } from "../errors.ts";
import { logger } from "../log.ts";
import { reportHealth } from "../supervisor/health-report.ts";
import { health } from "../supervisor/status.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { writeFileAtomic } from "../sys/fs.ts";
import { readProcess } from "../sys/proc.ts";

/** First word of the file; health-probe.sh reads no other format. */
const FORMAT = "ai-dock-health-1";

/** How long a written health holds: a process that hangs is found out after that. */
const VALID_SECONDS = 45;
/** How often the health is written again where nothing changes. */
const RENEW_MILLISECONDS = 30_000;

/** Changes come in bursts, such as a boot; the health is judged once for all of them. */
const SETTLE_MILLISECONDS = 100;

/** What a shell prints quickly enough; a longer health is left to the supervisor to tell. */
const LONGEST_TEXT = 4096;

const log = logger("init");

export interface HealthFile {
  /** Tells that the health may have changed by something that is no change of a program. */
  refresh(): void;
  /** Removes the file. */
  close(): void;
}

/**
 * Keeps in `path` what `ai-dock health --started` would print, so that the image's HEALTHCHECK, health-probe.sh, need not
 * start this program. The first line names the format, this process by pid and start time, the second since boot
 * (/proc/uptime) until which the file holds, and the exit code. The file is this user's own, mode 0600. Where the
 * file cannot be written, probes ask the supervisor.
 */
export function keepHealthFile(
  supervisor: Supervisor,
  path: string,
  renewMilliseconds = RENEW_MILLISECONDS,
): HealthFile {
  const { pid } = process;
  const startTime = readProcess(pid)?.startTime;
  let isOpen = true;
  let pending: Timer | undefined;
  let written: string | undefined;

  const write = (isRenewal: boolean) => {
    const { text, code } = reportHealth(health(supervisor), { started: true });
    if (!isRenewal && text === written) return;
    try {
      if (text.length > LONGEST_TEXT) rmSync(path, { force: true });
      else {
        const until = uptimeSeconds() + VALID_SECONDS;
        writeFileAtomic(path, `${FORMAT} ${pid} ${startTime} ${until} ${code}\n${text}\n`, 0o600);
      }
      written = text;
    } catch (error) {
      close();
      log.debug(`"${path}": ${messageOf(error)}; probes ask the supervisor`);
    }
  };
  const refresh = () => {
    if (!isOpen) return;
    pending ??= setTimeout(() => {
      pending = undefined;
      write(false);
    }, SETTLE_MILLISECONDS).unref();
  };
  const renewal = setInterval(() => write(true), renewMilliseconds).unref();
  const unwatch = supervisor.watch(refresh);
  const close = () => {
    isOpen = false;
    unwatch();
    clearInterval(renewal);
    clearTimeout(pending);
    try {
      rmSync(path, { force: true });
    } catch {
      // A read-only file system; the file expires.
    }
  };
  // A file of an earlier life of this container holds for nobody: its process has another start time.
  refresh();
  return { refresh, close };
}

/** Seconds since boot as a shell reads them, rounded down; other clocks of the container may differ (lxcfs). */
function uptimeSeconds(): number {
  return Math.floor(Number(readFileSync("/proc/uptime", "latin1").split(" ")[0]));
}
