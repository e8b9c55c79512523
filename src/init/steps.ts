import { accountStep } from "../features/account/step.ts";
import { driverStep } from "../features/gpus/driver/step.ts";
import { gpusStep } from "../features/gpus/step.ts";
import { hooksStep } from "../features/hooks/step.ts";
import { providerStep } from "../features/provider/step.ts";
import { manifestStep, provisioningStep } from "../features/provisioning/step.ts";
import { syncStep } from "../features/opt-sync/step.ts";
import { remotesStep } from "../features/remotes/step.ts";
import { firstShellStep, shellEnvStep } from "../features/shell/step.ts";
import { storedStep } from "../features/shell/stored.ts";
import { keysStep } from "../features/ssh/step.ts";
import { laterStorageStep, storageStep } from "../features/storage/step.ts";
import type { Step } from "../features/step.ts";
import { threadsStep } from "../features/threads/step.ts";
import { tunnelsStep } from "../features/tunnels/step.ts";
import { workspaceStep } from "../features/workspace/step.ts";

/** The boot, in order, up to what early programs need. */
export const stepsBeforeEarly: Step[] = [
  storedStep,
  keysStep,
  gpusStep,
  threadsStep,
  workspaceStep,
  accountStep,
  driverStep,
  remotesStep,
  providerStep,
  tunnelsStep,
  firstShellStep,
];
/** What may take long. No program but those of AI_DOCK_EARLY starts before the last step has ended. */
export const stepsBesideEarly: Step[] = [
  syncStep,
  storageStep,
  hooksStep,
  shellEnvStep,
  manifestStep,
  provisioningStep,
  laterStorageStep,
];

/** All of them. */
export const steps = [...stepsBeforeEarly, ...stepsBesideEarly];
