import { isProvisioningMarked } from "../../../control/provisioning-lock.ts";
import { type Activity, seen, type Source } from "./activity.ts";

/** True for what the end of a lifetime waits for. */
export const isProvisioning = ({ source }: Activity): boolean =>
  source === "boot" || source === "provisioning";

/** The boot, and `ai-dock provision` after it. `step` gives what the boot does; undefined after it. */
export function provisioningSource(
  step: () => string | undefined,
  isMarked: () => boolean = isProvisioningMarked,
): Source {
  return {
    name: "provisioning",
    look() {
      const now = step();
      if (now !== undefined) return [seen("boot", now)];
      return isMarked() ? [seen("provisioning", "ai-dock provision runs")] : [];
    },
  };
}
