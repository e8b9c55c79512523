import { readState } from "../../provision/progress/file.ts";
import { type Check, type CheckResult, failed, ok, warning } from "../check.ts";

/** Which items of the manifests have not been done, and why. */
export const provisioningCheck: Check = () => {
  const state = readState();
  if (state === undefined || state.items.length === 0) return [];
  const bad = state.items.filter((item) => item.state === "failed" || item.state === "skipped");
  if (bad.length === 0)
    return state.isRunning
      ? [ok("provisioning", "under way")]
      : [ok("provisioning", `${state.items.length} items of the manifest are done or off`)];
  return bad.map(({ name, optional, reason = "not done" }): CheckResult => {
    const tell = optional ? warning : failed;
    return tell("provisioning", `${name}: ${reason}`, "mend that, then: ai-dock provision apply");
  });
};
