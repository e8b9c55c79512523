import type { MetricFacts } from "../control/metric-facts.ts";
import type { Exposition } from "./exposition.ts";
import { gauge } from "./metric.ts";

const PHASES = ["booting", "running", "stopping"];

export const supervisorMetrics = {
  build: gauge("ai_dock_build_info", "Which ai-dock runs; always 1", "version"),
  start: gauge("ai_dock_start_time_seconds", "When the container was started, since the epoch"),
  phase: gauge("ai_dock_phase", "1 for the phase that the container is in, 0 for the others", "phase"),
  boot: gauge(
    "ai_dock_boot_duration_seconds",
    "How long the steps of the boot took, scripts and provisioning included",
  ),
  ready: gauge(
    "ai_dock_ready_duration_seconds",
    "Time from the start of the container until each program was up and ready, or had failed",
  ),
  healthy: gauge("ai_dock_healthy", "1 while `ai-dock health` is content"),
  notices: gauge("ai_dock_notices", "Notices that `ai-dock status` shows above the programs", "severity"),
};

export function addSupervisor(to: Exposition, facts: MetricFacts): void {
  const m = supervisorMetrics;
  to.add(m.build, 1, facts.version);
  to.add(m.start, facts.startTime);
  to.addState(m.phase, facts.phase, PHASES);
  to.add(m.boot, facts.bootSeconds);
  to.add(m.ready, facts.settledSeconds);
  to.add(m.healthy, facts.healthy);
  for (const [severity, count] of Object.entries(facts.notices)) to.add(m.notices, count, severity);
}
