import { type Gpu, unknownGpu } from "../types.ts";
import { namesIn, numberOf, textOf } from "./files.ts";

/** A card of the kernel's: its folder in /sys/class/drm, that of its device, and its number among those of its vendor. */
export interface Card {
  card: string;
  device: string;
  index: number;
}

/** Transfers a second of a link, as the kernel writes them (`16.0 GT/s PCIe`), by generation of PCIe from 1. */
const GIGATRANSFERS = ["2.5", "5.0", "8.0", "16.0", "32.0", "64.0"];

/** What the kernel tells of any PCI device. */
export function pciDevice(vendor: "amd" | "intel", { device, index }: Card): Gpu {
  const slot = /^PCI_SLOT_NAME=(.*)$/m.exec(textOf(`${device}/uevent`) ?? "")?.[1] ?? null;
  const speed = textOf(`${device}/current_link_speed`)?.split(" ")[0];
  const generation = GIGATRANSFERS.indexOf(speed?.includes(".") ? speed : `${speed}.0`) + 1;
  const name = vendor === "amd" ? "AMD" : "Intel";
  const id = textOf(`${device}/device`)?.replace("0x", "");
  return {
    ...unknownGpu(vendor, index, id === undefined ? `${name} GPU` : `${name} GPU ${id}`),
    pci: slot,
    pcieGeneration: generation === 0 ? null : generation,
    pcieWidth: numberOf(`${device}/current_link_width`) || null,
    pcieMaxWidth: numberOf(`${device}/max_link_width`) || null,
  };
}

/** The folder with the sensors of a device; one that is not there, where it has none. */
export function sensorsOf(device: string): string {
  return `${device}/hwmon/${namesIn(`${device}/hwmon`)[0] ?? "none"}`;
}

/** Degrees Celsius of the sensor with the first label of `labels` that there is, else of the first sensor. */
export function temperatureOf(sensors: string, labels: string[]): number | null {
  const names = namesIn(sensors).filter((name) => /^temp\d+_input$/.test(name));
  const labelled = new Map(
    names.map((name) => [textOf(`${sensors}/${name.replace("input", "label")}`) ?? "", name]),
  );
  const chosen = labels.map((label) => labelled.get(label)).find((name) => name !== undefined) ?? names[0];
  const millidegrees = chosen === undefined ? null : numberOf(`${sensors}/${chosen}`);
  return millidegrees === null ? null : millidegrees / 1000;
}

/** The fan by what it is driven with, else by its turns a minute. */
export function fanOf(sensors: string): number | null {
  const share = (value: number | null, most: number | null) =>
    value === null || !most ? null : value / most;
  return (
    share(numberOf(`${sensors}/pwm1`), numberOf(`${sensors}/pwm1_max`) ?? 255) ??
    share(numberOf(`${sensors}/fan1_input`), numberOf(`${sensors}/fan1_max`))
  );
}
