/** What functions of NVML return (nvmlReturn_t of nvml.h), where somebody here tells it from other failures. */
export const Code = {
  success: 0,
  uninitialized: 1,
  notSupported: 3,
  noPermission: 4,
  insufficientPower: 8,
  driverNotLoaded: 9,
  timeout: 10,
  interruptIssue: 11,
  libraryNotFound: 12,
  functionNotFound: 13,
  corruptedInfoRom: 14,
  gpuIsLost: 15,
  resetRequired: 16,
  operatingSystem: 17,
  versionMismatch: 18,
  inUse: 19,
  notReady: 27,
  gpuNotFound: 28,
  unknown: 999,
} as const;

const OTHER_MACHINE =
  "rent another machine; on one of your own: dmesg | grep Xid, then reset the GPU or reboot";
const RESTART = "restart the container; on the host: nvidia-ctk system create-dev-char-symlinks --create-all";

const meanings: Record<number, string> = {
  [Code.noPermission]:
    "this user may not use the GPU; run as root, or give the user the group of /dev/nvidia0",
  [Code.insufficientPower]: "a power cable of the GPU is not attached; rent another machine",
  [Code.driverNotLoaded]:
    "the NVIDIA driver of the host does not run; rent another machine; on one of your own: sudo nvidia-smi on the host tells more",
  [Code.interruptIssue]: `interrupts of the GPU do not arrive; ${OTHER_MACHINE}`,
  [Code.libraryNotFound]:
    "a library of the NVIDIA driver is not there; docker run --gpus all, with NVIDIA_DRIVER_CAPABILITIES=compute,utility",
  [Code.corruptedInfoRom]: "the infoROM of the GPU is corrupted; rent another machine",
  [Code.gpuIsLost]: `the GPU has fallen off its bus; ${OTHER_MACHINE}`,
  [Code.resetRequired]: `the GPU needs a reset before it can be used; ${OTHER_MACHINE}`,
  [Code.operatingSystem]: `the device rules of this container forbid the GPU, as after "systemctl daemon-reload" on the host; ${RESTART}`,
  [Code.versionMismatch]:
    "driver/library version mismatch; start a new container; where that is no help, the host needs a reboot, or the image holds a driver that must go",
  [Code.inUse]: "the GPU is in use by somebody who does not share it; rent another machine",
  [Code.notReady]: "the GPU is not ready yet; try again in a minute",
  [Code.gpuNotFound]: "the NVIDIA driver finds no GPU; docker run --gpus all (NVIDIA container toolkit)",
  // The header would have code 17 for it; this is what containers see.
  [Code.unknown]: `the NVIDIA driver answers "Unknown Error", as after "systemctl daemon-reload" on the host; ${RESTART}`,
};

/** One sentence on what a code of NVML means, and what to do. */
export function meaningOf(code: number): string {
  return meanings[code] ?? `the NVIDIA driver answers with error ${code} of NVML; rent another machine`;
}

const OF_THE_GPU: ReadonlySet<number> = new Set([
  Code.uninitialized,
  Code.driverNotLoaded,
  Code.gpuIsLost,
  Code.resetRequired,
  Code.operatingSystem,
]);

/** Whether a code that came for one value is about the whole GPU. */
export function concernsGpu(code: number): boolean {
  return OF_THE_GPU.has(code);
}
