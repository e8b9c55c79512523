import type { Service } from "../../control/service.ts";
import type { BootProgress } from "../../control/replies.ts";
import type { Settings } from "../../env/schema.ts";
import type { Supervisor } from "../../supervisor/supervisor.ts";
import { onLogin } from "../ssh/logins.ts";
import type { Source } from "./activity/activity.ts";
import { checkSource } from "./activity/check.ts";
import { connectionsSource, type Ports } from "./activity/connections.ts";
import { cpuSource } from "./activity/cpu.ts";
import { gpuSource } from "./activity/gpu.ts";
import { provisioningSource } from "./activity/provisioning.ts";
import { SshSessions } from "./activity/ssh.ts";
import { terminalsSource } from "./activity/terminals.ts";
import { uploadsSource } from "./activity/uploads.ts";
import { webSource } from "./activity/web.ts";

/** Of a cloud's own ssh server. */
const SSH_PORT = 22;
const BYTES_A_KIBIBYTE = 1024;

export interface SourcesContext {
  supervisor: Supervisor;
  settings: () => Settings;
  env: Record<string, string>;
  boot: () => BootProgress | null;
  /** The web services; none before there is a front. */
  services: () => Service[];
}

/** All that counts as activity, and what ends the looking. */
export function createSources(context: SourcesContext): { sources: Source[]; end: () => void } {
  const { supervisor, settings, env, boot, services } = context;
  const sessions = new SshSessions();
  const isPortalUp = () => {
    const portal = supervisor.get("portal");
    return portal?.state === "RUNNING" && portal.ready;
  };
  return {
    sources: [
      provisioningSource(() =>
        supervisor.phase === "booting" ? (boot()?.step ?? "the programs start") : undefined,
      ),
      connectionsSource({
        sessions,
        ports: () => portsOf(services(), settings().SSH_PORT),
        traffic: () => settings().AI_DOCK_IDLE_TRAFFIC * BYTES_A_KIBIBYTE,
      }),
      terminalsSource(),
      webSource(isPortalUp),
      cpuSource(() => settings().AI_DOCK_IDLE_CPU),
      gpuSource(() => settings().AI_DOCK_IDLE_GPU),
      uploadsSource(supervisor),
      checkSource(() => settings().AI_DOCK_IDLE_CHECK, env),
    ],
    end: onLogin(sessions.accept),
  };
}

function portsOf(services: Service[], sshPort: number): Ports {
  const guarded = services.filter((one) => one.guarded && (one.auth || one.kind === "portal"));
  return {
    ssh: new Set([SSH_PORT, sshPort]),
    guarded: new Set(guarded.map(({ port }) => port)),
    apps: new Set(services.flatMap(({ kind, appPort }) => (kind === "app" ? [appPort] : []))),
  };
}
