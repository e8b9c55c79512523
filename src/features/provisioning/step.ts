import type { BootContext, Step } from "../step.ts";
import { findHook } from "../hooks/find.ts";
import { SCRIPT_NAME } from "./paths.ts";
import { writeShellEnvironment } from "../shell/step.ts";

/** Provisions, and lets shells have what the script exported. */
async function provisionAndShare(context: BootContext) {
  const { env, settings } = context;
  if (settings.PROVISIONING_SCRIPT === undefined && findHook(SCRIPT_NAME, env["PATH"]) === undefined)
    return undefined;
  // Most boots have nothing to provision and need not load any of it.
  const { provision } = await import("./provision.ts");
  const before = JSON.stringify(env);
  try {
    return await provision(context);
  } finally {
    if (JSON.stringify(env) !== before) writeShellEnvironment(context);
  }
}

export const provisioningStep: Step = { name: "provisioning", run: provisionAndShare };
