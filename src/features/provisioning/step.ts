import type { Settings } from "../../env/schema.ts";
import type { BootContext, Step } from "../step.ts";
import { findHook } from "../hooks/find.ts";
import { applyManifests, wantsManifest } from "./manifest.ts";
import { SCRIPT_NAME } from "./paths.ts";
import { writeShellEnvironment } from "../shell/step.ts";

/** True when there is something to provision. */
export function mayTakeLong(settings: Settings, env: Record<string, string>): boolean {
  return hasScript(settings, env) || wantsManifest(env);
}

const hasScript = ({ PROVISIONING_SCRIPT }: Settings, env: Record<string, string>) =>
  PROVISIONING_SCRIPT !== undefined || findHook(SCRIPT_NAME, env["PATH"]) !== undefined;

/** Provisions, and writes the exports of the script into the environment of shells. */
async function provisionAndShare(context: BootContext) {
  const { env, settings } = context;
  if (!hasScript(settings, env)) return undefined;
  // Loaded on demand: most boots have nothing to provision.
  const { provision } = await import("./provision.ts");
  const before = JSON.stringify(env);
  try {
    return await provision(context);
  } finally {
    if (JSON.stringify(env) !== before) writeShellEnvironment(context);
  }
}

/** Before the script, which may build on what a manifest brings, and which runs, too, where an item failed. */
export const manifestStep: Step = {
  name: "manifest",
  run: applyManifests,
  withoutWorkspace: () => undefined,
};

export const provisioningStep: Step = {
  name: "provisioning",
  run: provisionAndShare,
  withoutWorkspace: () => undefined,
};
