import { holdLock, isLockHeld } from "../sys/lock.ts";
import { runtimePath } from "../sys/runtime-directory.ts";

const lockPath = () => runtimePath("provisioning.lock");

/** Marks that `ai-dock provision` runs, until disposal or the end of this process: the container is not idle meanwhile. */
export const markProvisioning = (): Disposable => holdLock(lockPath());

/** True while some `ai-dock provision` runs. */
export const isProvisioningMarked = (): boolean => isLockHeld(lockPath());
