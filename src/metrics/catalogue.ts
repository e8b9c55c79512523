import { collectorMetrics } from "./collect.ts";
import { remoteMetrics, tunnelMetrics } from "./connections.ts";
import { containerMetrics } from "./container.ts";
import { gpuMetrics } from "./gpus.ts";
import { idleMetrics } from "./idle.ts";
import type { Area, Metric } from "./metric.ts";
import { programMetrics } from "./programs.ts";
import { provisioningMetrics } from "./provisioning.ts";
import { supervisorMetrics } from "./supervisor.ts";

const area = (title: string, metrics: Record<string, Metric>): Area => ({
  title,
  metrics: Object.values(metrics),
});

/** All metrics, for documentation and tests. */
export const catalogue: Area[] = [
  area("ai-dock", supervisorMetrics),
  area("Container", containerMetrics),
  area("Programs", programMetrics),
  area("GPUs", gpuMetrics),
  area("Remotes", remoteMetrics),
  area("Tunnels", tunnelMetrics),
  area("Provisioning", provisioningMetrics),
  area("Idle guard", idleMetrics),
  area("The collection itself", collectorMetrics),
];
