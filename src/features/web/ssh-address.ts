import type { PortalState } from "../../control/portal/protocol.ts";
import { readSettings } from "../../env/load.ts";
import type { Supervisor } from "../../supervisor/supervisor.ts";
import { outside } from "./links.ts";

/** How the ssh server is reached from outside; null while none runs, or where no direct links are wanted. */
export function sshAddress(supervisor: Supervisor, env: Record<string, string>): PortalState["ssh"] {
  const sshd = supervisor.programs.find(({ id }) => id === "sshd");
  const { host, port } = outside(env);
  if (sshd?.state !== "RUNNING" || host === undefined) return null;
  return { host, port: port(readSettings(env).settings.SSH_PORT), user: "root" };
}
