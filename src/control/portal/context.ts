import type { Source } from "../../env/load.ts";
import type { Supervisor } from "../../supervisor/supervisor.ts";
import type { Credentials, PortalState } from "./protocol.ts";
import type { IdleControl } from "../idle.ts";
import type { Service } from "../service.ts";

/** What the portal's socket gives access to: the state, logs, and little else. */
export interface PortalContext {
  supervisor: Supervisor;
  version: string;
  /** The directory of logs; tests have their own. */
  logDirectory: string;
  services: () => Service[];
  boot: () => PortalState["boot"];
  idle: IdleControl;
  ssh: () => PortalState["ssh"];
  environment: () => { env: Record<string, string>; sources: Record<string, Source> };
  credentials: () => Credentials;
  /** True for a code that is good for a login; the code is used up by that. */
  redeem: (code: string) => boolean;
  /** Where the provisioner says how far it is; tests have their own. */
  provisioningFile?: string;
  /** The rows of `ai-dock doctor`. */
  doctor: () => Promise<unknown>;
  /** Calls back after changes of services, of the boot and of the credentials. The result ends that. */
  onChange: (listener: (what: "state" | "credentials") => void) => () => void;
}

/** Programs, by name, that the portal takes no action on: it would cut off its own users. */
const PROTECTED = new Set(["sshd", "caddy", "portal"]);

/** True for a program that is not the portal's to start and stop. */
export function isProtected({ spec }: { spec: { name: string; group: string } }): boolean {
  return PROTECTED.has(spec.name) || PROTECTED.has(spec.group);
}
