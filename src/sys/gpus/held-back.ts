import type { Gpu } from "./types.ts";

/** Why a GPU is held back, in fewer words than nvidia-smi has. */
const reasons: Record<string, string> = {
  applications_clocks_setting: "clocks that somebody has set",
  sw_power_cap: "its power limit",
  hw_slowdown: "the hardware (heat or power)",
  sync_boost: "the slowest GPU of its group",
  sw_thermal_slowdown: "heat",
  hw_thermal_slowdown: "heat, by the hardware",
  hw_power_brake_slowdown: "the power supply of the machine",
  display_clock_setting: "the clock of a display",
};

/** What makes a GPU slower than it could be, in words; undefined where nothing does. The portal's page uses it, too. */
export function heldBack({ throttle }: Pick<Gpu, "throttle">): string | undefined {
  return throttle.length === 0
    ? undefined
    : `held back by ${throttle.map((reason) => reasons[reason] ?? reason).join(", ")}`;
}
