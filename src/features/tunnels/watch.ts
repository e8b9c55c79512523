import { rmSync } from "node:fs";
import { messageOf } from "../../errors.ts";
import { readSettings } from "../../env/load.ts";
import { logger } from "../../log.ts";
import type { Supervisor } from "../../supervisor/supervisor.ts";
import { writeFileAtomic } from "../../sys/fs.ts";
import { runtimePath } from "../../sys/runtime-directory.ts";
import { QuickTunnels } from "./quick-tunnels.ts";

/** The file of addresses that a login shell shows. */
export const tunnelsFile = () => runtimePath("tunnels");

const STEP_MILLISECONDS = 1000;

const log = logger("tunnels");

/** Opens quick tunnels as CF_QUICK_TUNNELS says. The returned function ends the watch. */
export function watchTunnels(supervisor: Supervisor, env: Record<string, string>): () => void {
  rmSync(tunnelsFile(), { force: true });
  const wanted = readSettings(env).settings.CF_QUICK_TUNNELS;
  if (wanted === false) return () => undefined;
  const tunnels = new QuickTunnels({ supervisor, env, wanted, onChange: show });
  let step: Promise<void> | undefined;
  const timer = setInterval(() => {
    step ??= tunnels
      .step()
      .catch((error: unknown) => log.warn(messageOf(error)))
      .finally(() => {
        step = undefined;
      });
  }, STEP_MILLISECONDS);
  return () => clearInterval(timer);
}

function show(lines: string[]): void {
  try {
    writeFileAtomic(tunnelsFile(), lines.map((line) => `  ${line}\n`).join(""), 0o600);
  } catch (error) {
    log.debug(`"${tunnelsFile()}": ${messageOf(error)}`);
  }
}
