import type { IdleState } from "../../control/idle.ts";
import type { Environment } from "../../env/environment.ts";
import type { Logger } from "../../log.ts";
import { readCredentials } from "../platform/credentials.ts";
import { isPlatformKind, type PlatformKind, platforms } from "../platform/platforms.ts";
import { act, type ActOptions } from "./act.ts";
import type { Why } from "./clock.ts";
import { IdleGuard } from "./guard.ts";
import { type Policy, policyOf } from "./policy.ts";
import { createSources, type SourcesContext } from "./sources.ts";
import { Teller } from "./tell.ts";

export interface StartOptions extends Pick<SourcesContext, "supervisor" | "boot" | "services"> {
  environment: Environment;
  log: Logger;
  run: ActOptions["run"];
  /** Does what comes before a stop. */
  prepare: (why: Why) => Promise<void>;
  /** The stop that was prepared does not come. */
  callOff: (why: Why) => void;
  endContainer: (why: Why) => void;
  onChange: () => void;
}

/** Starts the guard, whose limits are on, for the life of this container so far. */
export function startGuard(options: StartOptions) {
  const { environment, supervisor, log, boot, services, run, prepare, callOff, endContainer, onChange } =
    options;
  const { env } = environment;
  const policy = () => policyOf(environment.settings);
  const { sources, end } = createSources({
    supervisor,
    settings: () => environment.settings,
    env,
    boot,
    services,
  });
  const teller = new Teller({
    notices: supervisor.notices,
    log,
    env,
    webhook: () => environment.settings.AI_DOCK_WEBHOOK,
  });
  const guard = new IdleGuard(policy() as Policy, {
    policy,
    sources,
    teller,
    async act({ action }, why, signal) {
      const outcome = await act({
        action,
        env,
        log,
        signal,
        run,
        tell(message) {
          teller.log("warn", message);
          teller.terminals(message);
        },
        prepare: () => prepare(why),
      });
      if (outcome !== "end") callOff(why);
      return outcome;
    },
    endContainer,
    onChange,
  });
  guard.begin();
  const { AI_DOCK_IDLE_MINUTES: minutes, AI_DOCK_MAX_HOURS: hours } = environment.settings;
  const { kind } = policy() as Policy;
  log.info("guards", { idle_minutes: minutes || undefined, max_hours: hours || undefined, action: kind });
  if (isPlatformKind(kind)) reportCredentials(kind, env, log);
  if (kind === "exit" && env[platforms.runpod.idVariable] !== undefined)
    log.warn(
      "AI_DOCK_IDLE_ACTION=exit: RunPod starts a container again that ends; AI_DOCK_IDLE_ACTION=runpod stops the pod",
    );
  return {
    state: (): IdleState => guard.state,
    keep: (milliseconds: number | null) => guard.keep(milliseconds),
    refresh: () => guard.refresh(),
    end() {
      end();
      guard.end();
    },
  };
}

/** Before the cloud is to be asked, at night: what is missing for that. */
function reportCredentials(kind: PlatformKind, env: Record<string, string>, log: Logger): void {
  const found = readCredentials(kind, env);
  if ("credentials" in found) return;
  for (const problem of found.problems)
    log.warn(`AI_DOCK_IDLE_ACTION=${kind}: ${problem}; the container would end by itself`);
}
