import type { Gpu } from "../types.ts";
import { type Card, fanOf, pciDevice, sensorsOf, temperatureOf } from "./device.ts";
import { type EngineUse, engineUse, loadBetween } from "./fdinfo.ts";
import { numberOf, scaled } from "./files.ts";

/** Between the first two looks. */
const FIRST_MILLISECONDS = 250;

interface Look {
  use: EngineUse;
  /** Energy in joules, by the folder of the device. */
  joules: Map<string, number | null>;
}

/**
 * What GPUs of Intel's tell by the files of i915 and xe. Power is energy between two looks; load is what the processes of this
 * container did between them, where all of those may be looked at.
 */
export class IntelCards {
  readonly #root: string;
  #last: Look | undefined;

  constructor(root: string) {
    this.#root = root;
  }

  /** The first call takes a moment, for a second look. */
  read(cards: Card[]): Gpu[] {
    if (cards.length === 0) return [];
    let before = this.#last;
    if (before === undefined) {
      before = this.#look(cards);
      Bun.sleepSync(FIRST_MILLISECONDS);
    }
    const now = this.#look(cards);
    this.#last = now;
    return cards.map((card) => intelGpu(card, before, now));
  }

  #look(cards: Card[]): Look {
    const joules = cards.map(
      ({ device }) => [device, scaled(`${sensorsOf(device)}/energy1_input`, 1e-6)] as const,
    );
    return { use: engineUse(this.#root), joules: new Map(joules) };
  }
}

function intelGpu(card: Card, before: Look, now: Look): Gpu {
  const { device, card: folder } = card;
  const sensors = sensorsOf(device);
  const base = pciDevice("intel", card);
  return {
    ...base,
    load: base.pci === null ? null : loadBetween(before.use, now.use, base.pci),
    temperature: temperatureOf(sensors, ["pkg"]),
    watts: wattsOf(device, before, now),
    wattsLimit: scaled(`${sensors}/power1_max`, 1e-6) ?? scaled(`${sensors}/power1_crit`, 1e-6),
    fan: fanOf(sensors),
    clockMHz: numberOf(`${device}/tile0/gt0/freq0/act_freq`) ?? numberOf(`${folder}/gt_act_freq_mhz`),
  };
}

function wattsOf(device: string, before: Look, now: Look): number | null {
  const [first, last] = [before.joules.get(device) ?? null, now.joules.get(device) ?? null];
  const seconds = (now.use.at - before.use.at) / 1000;
  return first === null || last === null || seconds <= 0 ? null : (last - first) / seconds;
}
