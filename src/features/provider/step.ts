import { closeSync, openSync } from "node:fs";
import { laterNames } from "./old-names.ts";
import { symmetricPorts } from "./symmetric-ports.ts";
import type { BootContext, Step } from "../step.ts";
import { messageOf } from "../../errors.ts";

/** Variables that only one provider sets. */
const providers: [variable: string, name: string][] = [
  ["RUNPOD_POD_ID", "RunPod"],
  ["VAST_CONTAINERLABEL", "vast.ai"],
  ["PAPERSPACE_NOTEBOOK_REPO_ID", "Paperspace"],
  ["PAPERSPACE_CLUSTER_ID", "Paperspace"],
  ["KUBERNETES_SERVICE_HOST", "Kubernetes"],
];

/** vast.ai's login script starts tmux unless this file is in root's home. */
const NO_TMUX = "/root/.no_auto_tmux";

/** Recognises the provider of this container, and keeps vast.ai from starting tmux where VAST_NO_TMUX says so. */
export function adaptToProvider({ env, log, settings }: BootContext, noTmux = NO_TMUX) {
  const { changes, unanswered } = symmetricPorts(env);
  for (const [name, value] of unanswered)
    log.warn(
      `${name}: expected VAST_TCP_PORT_${value} or RUNPOD_TCP_PORT_${value} from the cloud, got neither; programs get "${value}"`,
    );
  Object.assign(env, changes, laterNames(env));
  const provider = providers.find(([variable]) => (env[variable] ?? "") !== "")?.[1];
  if (settings.VAST_NO_TMUX) {
    try {
      closeSync(openSync(noTmux, "a"));
    } catch (error) {
      log.warn(`VAST_NO_TMUX: ${messageOf(error)}; tmux may start at login`);
    }
  }
  if (provider === undefined) return undefined;
  return { message: "Provider recognised", fields: { provider } };
}

export const providerStep: Step = { name: "provider", run: async (context) => adaptToProvider(context) };
