import type { Credentials, PortalState } from "../control/portal/protocol.ts";
import type { Activity } from "./activity.ts";
import type { Guards } from "./auth/identify.ts";
import type { Assets } from "./http/assets.ts";
import type { Link } from "./link.ts";
import type { Metrics } from "./metrics.ts";
import type { Machine } from "./machine/machine.ts";

/** What is known of the container at this moment; nothing of it while PID 1 does not answer. */
export interface Knowledge {
  readonly credentials: Credentials | undefined;
  readonly state: PortalState | undefined;
  /** Calls `onState` with the state at once and after each change; the result ends that. */
  watch(onState: (state: PortalState) => void): () => void;
}

/** What the handlers of requests work with. */
export interface PortalContext {
  link: Link;
  knowledge: Knowledge;
  guards: Guards;
  assets: Assets;
  machine: Machine;
  activity: Activity;
  metrics: Metrics;
}
