import type { Gpu, GpuReport } from "../../sys/gpus/types.ts";
import { heldBack } from "../../sys/gpus/held-back.ts";
import { harmless, style } from "../print.ts";

/** Narrower text is no longer read. */
const LEAST_TEXT = 20;

const UNKNOWN = "–";
const GIBIBYTE = 2 ** 30;

export const percent = (part: number | null) =>
  part === null ? UNKNOWN : `${String(Math.round(part * 100)).padStart(3)} %`;

export const degrees = ({ temperature }: Gpu) =>
  temperature === null ? UNKNOWN : `${Math.round(temperature)} °C`;

export const megahertz = ({ clockMHz }: Gpu) => (clockMHz === null ? UNKNOWN : `${Math.round(clockMHz)} MHz`);

/** `350 / 700 W` */
export function power({ watts, wattsLimit }: Gpu): string {
  if (watts === null) return UNKNOWN;
  return `${String(Math.round(watts)).padStart(3)}${wattsLimit === null ? "" : ` / ${Math.round(wattsLimit)}`} W`;
}

/** `20.0 / 80.0 GiB` */
export function memory({ usedBytes, totalBytes }: Gpu): string {
  if (usedBytes === null) return UNKNOWN;
  const digits = Math.max(usedBytes, totalBytes ?? 0) < 100 * GIBIBYTE ? 1 : 0;
  const of = (bytes: number) => (bytes / GIBIBYTE).toFixed(digits);
  return `${of(usedBytes).padStart(4)}${totalBytes === null ? "" : ` / ${of(totalBytes)}`} GiB`;
}

/** `5.0 ×16`, or `5.0 ×8 of ×16` where the link is narrower than it could be. */
export function link({ pcieGeneration, pcieWidth, pcieMaxWidth }: Gpu): string {
  if (pcieGeneration === null && pcieWidth === null) return UNKNOWN;
  const width = pcieWidth === null ? "" : ` ×${pcieWidth}`;
  const more =
    pcieMaxWidth !== null && pcieWidth !== null && pcieMaxWidth > pcieWidth ? ` of ×${pcieMaxWidth}` : "";
  return `${pcieGeneration === null ? "" : `${pcieGeneration}.0`}${width}${more}`.trim();
}

/** `NVIDIA driver 550.54.14, CUDA 12.4`; undefined where nothing is known of it. */
export function driverLine({ driver, cuda }: GpuReport): string | undefined {
  const parts = [
    driver === null ? undefined : `NVIDIA driver ${driver}`,
    cuda === null ? undefined : `CUDA ${cuda}`,
  ];
  const known = parts.filter((part) => part !== undefined);
  return known.length === 0 ? undefined : known.join(", ");
}

/** Its number; with that of its vendor where there are GPUs of several. */
export function numberOf(gpu: Gpu, { gpus }: GpuReport): string {
  return new Set(gpus.map(({ vendor }) => vendor)).size > 1
    ? `${gpu.vendor} ${gpu.index}`
    : String(gpu.index);
}

export interface Warning {
  severity: "warning" | "error";
  text: string;
}

/** What wants to be known of a GPU besides its numbers. */
export function warnings(gpu: Gpu): Warning[] {
  const { xid, eccUncorrected, problem } = gpu;
  const held = heldBack(gpu);
  return [
    ...(held === undefined ? [] : [{ severity: "warning" as const, text: held }]),
    ...(eccUncorrected === null || eccUncorrected === 0
      ? []
      : [
          {
            severity: "warning" as const,
            text: `${eccUncorrected} errors of memory that could not be corrected, in its life`,
          },
        ]),
    ...(xid === null
      ? []
      : [{ severity: "warning" as const, text: `Xid ${xid.code} at ${new Date(xid.time).toISOString()}` }]),
    ...(problem === null ? [] : [{ severity: "error" as const, text: problem }]),
  ];
}

/** A warning in its colour, in lines of at most `width`. */
export function wrapped({ severity, text }: Warning, width: number, indent: string): string[] {
  const room = Math.max(LEAST_TEXT, width - indent.length);
  const lines = Number.isFinite(room) ? Bun.wrapAnsi(harmless(text), room).split("\n") : [harmless(text)];
  return lines.map((line) => `${indent}${style(severity === "error" ? "red" : "yellow", line)}`);
}

/** Cut in the middle: the end of a name tells a model, or an instance of a split GPU. */
export function shortened(name: string, width: number): string {
  if (name.length <= width) return name;
  const end = Math.max(0, Math.floor((width - 1) / 2));
  return `${name.slice(0, Math.max(0, width - 1 - end))}…${end === 0 ? "" : name.slice(-end)}`;
}
