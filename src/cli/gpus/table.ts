import type { Gpu, GpuReport } from "../../sys/gpus/types.ts";
import { tableLines } from "../print.ts";
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

/** From this width on there is room for what fewer people ask. */
const WIDE_COLUMNS = 110;

const LEAST_NAME = 12;
/** Below the row of a GPU. */
const INDENT = "     ";

/** The lines of `ai-dock gpus`. */
export function gpuTable(report: GpuReport, columns: number): string[] {
  const { gpus, problems } = report;
  const texts: Columns = [
    ["GPU", (gpu) => numberOf(gpu, report)],
    ["NAME", ({ name }) => name],
    ["LOAD", ({ load }) => percent(load)],
    ["MEMORY", memory],
    ["TEMP", degrees],
    ["POWER", power],
  ];
  if (columns >= WIDE_COLUMNS)
    texts.push(
      ["CLOCK", megahertz],
      ["FAN", ({ fan }) => percent(fan)],
      ["PCIE", link],
      ["STATE", ({ performanceState }) => performanceState ?? "–"],
    );
  let [head = "", ...lines] = rowsOf(gpus, texts);
  const excess = Math.max(...[head, ...lines].map((line) => Bun.stringWidth(line))) - columns;
  if (excess > 0) {
    const longest = Math.max(...gpus.map(({ name }) => name.length));
    const room = Math.max(LEAST_NAME, longest - excess);
    [head = "", ...lines] = rowsOf(
      gpus.map((gpu) => ({ ...gpu, name: shortened(gpu.name, room) })),
      texts,
    );
  }
  const driver = driverLine(report);
  return [
    ...(driver === undefined ? [] : [driver]),
    ...problems.flatMap((text) => wrapped({ severity: "error", text }, columns, "")),
    ...(gpus.length === 0 ? [] : [head]),
    ...gpus.flatMap((gpu, index) => [
      lines[index] ?? "",
      ...warnings(gpu).flatMap((warning) => wrapped(warning, columns, INDENT)),
    ]),
  ];
}

type Columns = [head: string, text: (gpu: Gpu) => string][];

function rowsOf(gpus: Gpu[], columns: Columns): string[] {
  const rows: (Gpu | undefined)[] = [undefined, ...gpus];
  return tableLines(
    rows,
    columns.map(([title, text]) => ({
      text: (gpu: Gpu | undefined) => (gpu === undefined ? title : text(gpu)),
      style: (gpu: Gpu | undefined) => (gpu === undefined ? "dim" : undefined),
    })),
  );
}
