import { renderNodes } from "../nodes.ts";
import type { Gpu } from "../types.ts";
import { readAmd } from "./amd.ts";
import type { Card } from "./device.ts";
import { namesIn, textOf } from "./files.ts";
import { IntelCards } from "./intel.ts";

const DRIVERS = { amdgpu: "amd", i915: "intel", xe: "intel" } as const;

/** AMD's and Intel's GPUs by the files of the kernel, which shows those of the whole host: the container's have a render node. */
export class Cards {
  readonly #root: string;
  readonly #intel: IntelCards;

  constructor(root = "") {
    this.#root = root;
    this.#intel = new IntelCards(root);
  }

  read(): Gpu[] {
    const own = new Set(renderNodes(this.#root));
    const drm = `${this.#root}/sys/class/drm`;
    const cards: Record<"amd" | "intel", Card[]> = { amd: [], intel: [] };
    for (const name of namesIn(drm).filter((entry) => /^card\d+$/.test(entry))) {
      const device = `${drm}/${name}/device`;
      const driver = /^DRIVER=(.*)$/m.exec(textOf(`${device}/uevent`) ?? "")?.[1] ?? "";
      const vendor = (DRIVERS as Record<string, "amd" | "intel" | undefined>)[driver];
      if (vendor === undefined || !namesIn(`${device}/drm`).some((node) => own.has(node))) continue;
      cards[vendor].push({ card: `${drm}/${name}`, device, index: cards[vendor].length });
    }
    return [...cards.amd.map((card) => readAmd(card, this.#root)), ...this.#intel.read(cards.intel)];
  }
}
