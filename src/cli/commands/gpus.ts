import { defineCommand } from "citty";
import { ExitCode } from "../../errors.ts";
import { GpuReader } from "../../sys/gpus/reader.ts";
import type { GpuReport } from "../../sys/gpus/types.ts";
import type { Command } from "../command.ts";
import { gpuBars } from "../gpus/bars.ts";
import { gpuTable } from "../gpus/table.ts";
import { print, printJson } from "../print.ts";
import { redraw, screenSize } from "../screen.ts";

const INTERVAL_MILLISECONDS = 1000;
const NONE = "No GPU in this container";

const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ai-dock gpus",
      description:
        "Load, memory, heat and health of the GPUs; exit code 1 when something is wrong with one, 3 when there is none",
    },
    args: {
      json: { type: "boolean", description: "Print JSON; with --watch, a line each second" },
      watch: {
        type: "boolean",
        alias: "w",
        description: "Go on showing them, with bars; without a terminal, a row each second",
      },
    },
  }),
  async run({ json, watch }: { json?: boolean; watch?: boolean }) {
    const reader = new GpuReader();
    try {
      if (watch) await watchGpus(reader, json === true);
      const report = await reader.read();
      if (json) printJson(report);
      else for (const line of linesOf(report)) print(line);
      return exitCodeOf(report);
    } finally {
      reader.close();
    }
  },
};

export default command;

async function watchGpus(reader: GpuReader, json: boolean): Promise<never> {
  if (process.stdout.isTTY && !json)
    return await redraw(INTERVAL_MILLISECONDS, async () => {
      const report = await reader.read();
      return isEmpty(report) ? [NONE] : gpuBars(report, screenSize().columns);
    });
  for (;;) {
    const report = await reader.read();
    const time = new Date().toISOString();
    if (json) print(JSON.stringify({ time, ...report }));
    else for (const line of linesOf(report)) print(`${time}  ${line}`);
    await Bun.sleep(INTERVAL_MILLISECONDS);
  }
}

function linesOf(report: GpuReport): string[] {
  return isEmpty(report) ? [NONE] : gpuTable(report, screenSize().columns);
}

const isEmpty = ({ gpus, problems }: GpuReport) => gpus.length === 0 && problems.length === 0;

function exitCodeOf(report: GpuReport): number {
  if (isEmpty(report)) return ExitCode.notRunning;
  const isWell = report.problems.length === 0 && report.gpus.every(({ problem }) => problem === null);
  return isWell ? ExitCode.ok : ExitCode.failure;
}
