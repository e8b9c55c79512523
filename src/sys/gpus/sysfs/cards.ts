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
  readonly #intel = new IntelCards();

  constructor(root = "") {
    this.#root = root;
  }

  read(): Gpu[] {
    const own = new Set(renderNodes(this.#root));
    const drm = `${this.#root}/sys/class/drm`;
    const count = { amd: 0, intel: 0 };
    return namesIn(drm)
      .filter((name) => /^card\d+$/.test(name))
      .flatMap((name) => {
        const device = `${drm}/${name}/device`;
        const driver = /^DRIVER=(.*)$/m.exec(textOf(`${device}/uevent`) ?? "")?.[1] ?? "";
        const vendor = (DRIVERS as Record<string, "amd" | "intel" | undefined>)[driver];
        if (vendor === undefined || !namesIn(`${device}/drm`).some((node) => own.has(node))) return [];
        const card: Card = { card: `${drm}/${name}`, device, index: count[vendor]++ };
        return [vendor === "amd" ? readAmd(card, this.#root) : this.#intel.read(card)];
      });
  }
}
