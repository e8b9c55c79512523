import { readCounters } from "../../../sys/machine/counters.ts";
import { intervals, seen, type Source, unmeasured } from "./activity.ts";

const UNKNOWN = "the kernel does not tell processor time; AI_DOCK_IDLE_CPU=off leaves processors out";

/** Processor time of the container since the look before. `threshold` is in percent of one core; 0 leaves it out. */
export function cpuSource(
  threshold: () => number,
  {
    cpuSeconds = () => readCounters().cpuSeconds,
    now,
  }: { cpuSeconds?: () => number; now?: () => number } = {},
): Source {
  const sinceLast = intervals(now);
  let before = 0;
  return {
    name: "cpu",
    look() {
      const most = threshold();
      if (most === 0) return [];
      const milliseconds = sinceLast();
      const last = before;
      before = cpuSeconds();
      // We ourselves have used some.
      if (before === 0) return [unmeasured("cpu", UNKNOWN)];
      if (milliseconds === undefined || milliseconds === 0) return [];
      const percent = ((before - last) * 100_000) / milliseconds;
      return percent >= most ? [seen("cpu", `processors over ${most} % of one core`)] : [];
    },
  };
}
