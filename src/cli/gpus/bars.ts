import type { Gpu, GpuReport } from "../../sys/gpus/types.ts";
import { harmless, style, type Style } from "../print.ts";
import {
  degrees,
  driverLine,
  link,
  megahertz,
  memory,
  numberOf,
  percent,
  power,
  shortened,
  warnings,
  wrapped,
} from "./words.ts";

const INDENT = "   ";
const LEAST_BAR = 5;
const DEFAULT_COLUMNS = 80;
const NEARLY_FULL = 0.95;

/** The lines of `ai-dock gpus --watch` on a terminal: bars of load and memory for each GPU, no line wider than `columns`. */
export function gpuBars(report: GpuReport, columns: number, now = new Date()): string[] {
  const width = Number.isFinite(columns) ? columns : DEFAULT_COLUMNS;
  const clock = now.toTimeString().slice(0, 8);
  const lines = [sides(driverLine(report) ?? "GPUs", clock, width)];
  for (const problem of report.problems)
    lines.push(...wrapped({ severity: "error", text: problem }, width, ""));
  for (const gpu of report.gpus) {
    const name = shortened(harmless(gpu.name), width - INDENT.length);
    const details = style("dim", fitting(detailsOf(gpu), width - name.length - INDENT.length - 2));
    lines.push(
      "",
      sides(`${style("bold", numberOf(gpu, report))}  ${style("bold", name)}`, details, width),
      usage(gpu, width),
      ...warnings(gpu).flatMap((warning) => wrapped(warning, width, INDENT)),
    );
  }
  return lines;
}

function usage(gpu: Gpu, width: number): string {
  const { load, usedBytes, totalBytes } = gpu;
  const full = usedBytes === null || !totalBytes ? null : usedBytes / totalBytes;
  const [left, right] = [` ${percent(load)}`, ` ${memory(gpu)}`];
  const words = `${INDENT}load ${left}  memory ${right}`.length;
  const size = Math.max(LEAST_BAR, Math.floor((width - words) / 2));
  const memoryStyle: Style = full !== null && full >= NEARLY_FULL ? "yellow" : "green";
  return `${INDENT}load ${bar(load, size, "cyan")}${left}  memory ${bar(full, size, memoryStyle)}${right}`;
}

/** Without colours, too, one sees what part is filled. */
function bar(part: number | null, size: number, colour: Style): string {
  const filled = Math.round(Math.min(1, part ?? 0) * size);
  return `${style(colour, "━".repeat(filled))}${style("dim", "─".repeat(size - filled))}`;
}

/** What there is, the most asked first. */
function detailsOf(gpu: Gpu): string[] {
  const { temperature, watts, clockMHz, fan, performanceState, pcieReadBytes, pcieWrittenBytes } = gpu;
  const rate = (bytes: number | null) => `${((bytes ?? 0) / 2 ** 20).toFixed(0)} MiB/s`;
  const parts = [
    temperature !== null && degrees(gpu),
    watts !== null && power(gpu).trim(),
    clockMHz !== null && megahertz(gpu),
    fan !== null && `fan ${percent(fan).trim()}`,
    performanceState !== null && performanceState,
    gpu.pcieWidth !== null && `PCIe ${link(gpu)}`,
    pcieReadBytes !== null && `reads ${rate(pcieReadBytes)}, writes ${rate(pcieWrittenBytes)}`,
    !!gpu.encoder && `encoder ${percent(gpu.encoder).trim()}`,
    !!gpu.decoder && `decoder ${percent(gpu.decoder).trim()}`,
  ];
  return parts.filter((part) => part !== false);
}

/** As many of the parts as there is room for. */
function fitting(parts: string[], width: number): string {
  const most = parts.findLastIndex((_, index) => parts.slice(0, index + 1).join(" · ").length <= width);
  return parts.slice(0, most + 1).join(" · ");
}

function sides(left: string, right: string, width: number): string {
  return `${left}${" ".repeat(Math.max(1, width - Bun.stringWidth(left) - Bun.stringWidth(right)))}${right}`;
}
