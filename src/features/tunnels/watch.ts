import { rmSync } from "node:fs";
import { messageOf } from "../../errors.ts";
import { readSettings } from "../../env/load.ts";
import { logger } from "../../log.ts";
import type { Supervisor } from "../../supervisor/supervisor.ts";
import { writeFileAtomic } from "../../sys/fs.ts";
import { runtimePath } from "../../sys/runtime-directory.ts";
import type { TunnelService } from "../web/tunnel-targets.ts";
import { QuickTunnels } from "./quick-tunnels.ts";

/** The file of addresses that a login shell shows. */
export const tunnelsFile = () => runtimePath("tunnels");

const STEP_MILLISECONDS = 1000;

const log = logger("tunnels");

export interface TunnelWatchOptions {
  supervisor: Supervisor;
  env: Record<string, string>;
  /** The services that get a tunnel, as of now. */
  services: () => TunnelService[];
  /** Called after every change of addresses. */
  onChange: () => void;
}

/** Opens quick tunnels as CF_QUICK_TUNNELS says. The returned function ends the watch. */
export function watchTunnels({ supervisor, env, services, onChange }: TunnelWatchOptions): () => void {
  rmSync(tunnelsFile(), { force: true });
  if (readSettings(env).settings.CF_QUICK_TUNNELS === false) return () => undefined;
  const tunnels = new QuickTunnels({
    supervisor,
    env,
    services,
    onChange(lines) {
      show(lines);
      onChange();
    },
  });
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
