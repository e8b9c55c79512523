import type { Gpu } from "../types.ts";
import { type Card, fanOf, pciDevice, sensorsOf, temperatureOf } from "./device.ts";
import { numberOf, scaled } from "./files.ts";

/**
 * What GPUs of Intel's tell by the files of i915 and xe: no load and no memory, which the kernel counts for each process only.
 * Power is energy between two looks.
 */
export class IntelCards {
  readonly #energy = new Map<string, { joules: number; at: number }>();

  read(card: Card): Gpu {
    const { device, card: folder } = card;
    const sensors = sensorsOf(device);
    return {
      ...pciDevice("intel", card),
      temperature: temperatureOf(sensors, ["pkg"]),
      watts: this.#watts(device, sensors),
      wattsLimit: scaled(`${sensors}/power1_max`, 1e-6) ?? scaled(`${sensors}/power1_crit`, 1e-6),
      fan: fanOf(sensors),
      clockMHz: numberOf(`${device}/tile0/gt0/freq0/act_freq`) ?? numberOf(`${folder}/gt_act_freq_mhz`),
    };
  }

  #watts(device: string, sensors: string): number | null {
    const joules = scaled(`${sensors}/energy1_input`, 1e-6);
    const last = this.#energy.get(device);
    const at = performance.now();
    if (joules === null) return null;
    this.#energy.set(device, { joules, at });
    return last === undefined || at === last.at ? null : ((joules - last.joules) * 1000) / (at - last.at);
  }
}
