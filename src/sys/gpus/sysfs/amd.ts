import type { Gpu } from "../types.ts";
import { type Card, fanOf, pciDevice, sensorsOf, temperatureOf } from "./device.ts";
import { namesIn, numberOf, scaled, textOf } from "./files.ts";

/** Names of AMD's GPUs by device and revision, from libdrm. */
const NAMES = "/usr/share/libdrm/amdgpu.ids";

/**
 * What a GPU of AMD's tells by the files of amdgpu (https://docs.kernel.org/gpu/amdgpu/thermal.html and others). `pcie_bw` is
 * not read: each look takes a second.
 */
export function readAmd(card: Card, root = ""): Gpu {
  const { device } = card;
  const base = pciDevice("amd", card);
  const sensors = sensorsOf(device);
  const unique = textOf(`${device}/unique_id`);
  return {
    ...base,
    name: textOf(`${device}/product_name`) || listedName(device, root) || base.name,
    uuid: unique === null || unique === "" ? null : `GPU-${unique}`,
    load: scaled(`${device}/gpu_busy_percent`, 0.01),
    memoryLoad: scaled(`${device}/mem_busy_percent`, 0.01),
    usedBytes: numberOf(`${device}/mem_info_vram_used`),
    totalBytes: numberOf(`${device}/mem_info_vram_total`),
    temperature: temperatureOf(sensors, ["edge", "junction"]),
    watts: scaled(`${sensors}/power1_average`, 1e-6) ?? scaled(`${sensors}/power1_input`, 1e-6),
    wattsLimit: scaled(`${sensors}/power1_cap`, 1e-6),
    fan: fanOf(sensors),
    clockMHz: scaled(`${sensors}/freq1_input`, 1e-6) ?? currentLevel(`${device}/pp_dpm_sclk`),
    memoryClockMHz: scaled(`${sensors}/freq2_input`, 1e-6) ?? currentLevel(`${device}/pp_dpm_mclk`),
    ...memoryErrors(device),
  };
}

/** The level in use, which is marked in a list such as `0: 500Mhz\n1: 2100Mhz *`. */
function currentLevel(path: string): number | null {
  const megahertz = /(\d+)Mhz \*/i.exec(textOf(path) ?? "")?.[1];
  return megahertz === undefined ? null : Number(megahertz);
}

/** Sums of `ue: N` and `ce: N` of each block that counts. */
function memoryErrors(device: string): Pick<Gpu, "eccCorrected" | "eccUncorrected"> {
  const blocks = namesIn(`${device}/ras`)
    .filter((name) => name.endsWith("_err_count"))
    .map((name) => textOf(`${device}/ras/${name}`) ?? "");
  const sum = (kind: string) => {
    const counts = blocks.flatMap((text) => new RegExp(`^${kind}: (\\d+)$`, "m").exec(text)?.[1] ?? []);
    return counts.length === 0 ? null : counts.reduce((total, count) => total + Number(count), 0);
  };
  return { eccCorrected: sum("ce"), eccUncorrected: sum("ue") };
}

function listedName(device: string, root: string): string | undefined {
  const hex = (name: string) => textOf(`${device}/${name}`)?.replace("0x", "").toUpperCase();
  const [id, revision] = [hex("device"), hex("revision")];
  if (id === undefined || revision === undefined) return undefined;
  return new RegExp(`^${id},\\s*${revision},\\s*(.+)$`, "m").exec(textOf(`${root}${NAMES}`) ?? "")?.[1];
}
