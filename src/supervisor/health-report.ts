import { ExitCode } from "../errors.ts";
import type { Health } from "./status.ts";

/** What a probe accepts besides full health. */
export interface HealthDemands {
  /** The supervisor answers; that is enough. */
  live?: boolean | undefined;
  /** That is enough once all was healthy. */
  started?: boolean | undefined;
}

export interface HealthReport {
  /** One line for the whole, and one for each problem; no newline at the end. */
  text: string;
  code: number;
}

/** What a probe prints, and its exit code. */
export function reportHealth(health: Health, { live, started }: HealthDemands): HealthReport {
  const passes = Boolean(live || health.healthy || (started && health.started));
  const refusal = health.phase === "running" ? ExitCode.failure : ExitCode.notRunning;
  const title = `${passes ? "alive" : "unhealthy"}: ${health.phase}`;
  return {
    text: health.healthy ? "healthy" : [title, ...health.problems].join("\n"),
    code: passes ? ExitCode.ok : refusal,
  };
}
