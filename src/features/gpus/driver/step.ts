import type { CheckResult } from "../../check.ts";
import type { BootContext, Step } from "../../step.ts";
import { detectGpus } from "../detect.ts";

/** Says what is wrong with GPUs and their drivers, a line each; nothing where all is well, or there is no GPU. */
export async function reportDriver({ env, log, signal }: BootContext): Promise<void> {
  const { nvidia, amd } = detectGpus();
  const report = (results: CheckResult[]) => {
    for (const { status, message, fix } of results)
      if (status !== "ok") log.warn(fix === undefined ? message : `${message}; ${fix}`);
  };
  if (amd > 0) report((await import("./amd.ts")).lookAtAmd(env));
  if (nvidia === 0) return;
  const { lookAtNvidia, openNvidia } = await import("./nvidia.ts");
  report(lookAtNvidia(env));
  // A sick GPU may take its time; the boot does not wait for it.
  void openNvidia(signal).then(report, () => undefined);
}

/** After the step of the account, whose rights it looks at. */
export const driverStep: Step = {
  name: "driver",
  async run(context) {
    await reportDriver(context);
    return undefined;
  },
};
