import { basename } from "node:path";
import { processesTitled, type Titled } from "../../../sys/titles.ts";
import { type Activity, seen, type Source } from "./activity.ts";

/** True for what the end of a lifetime waits for. */
export const isProvisioning = ({ source }: Activity): boolean =>
  source === "boot" || source === "provisioning";

/** The boot, and `ai-dock provision` of this user after it. `step` gives what the boot does; undefined after it. */
export function provisioningSource(
  step: () => string | undefined,
  list: () => Titled[] = () => processesTitled("provision"),
): Source {
  return {
    name: "provisioning",
    look() {
      const now = step();
      if (now !== undefined) return [seen("boot", now)];
      return list().some(isProvision) ? [seen("provisioning", "ai-dock provision runs")] : [];
    },
  };
}

/** Processes of other users may call themselves anything. */
function isProvision({ uid, words: [program = "", command, action] }: Titled): boolean {
  const isOurs = uid === process.geteuid?.() && basename(program) === "ai-dock";
  return isOurs && command === "provision" && action !== "status";
}
