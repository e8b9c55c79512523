import { defineCommand } from "citty";
import { ExitCode } from "../../errors.ts";
import type { Command } from "../command.ts";

interface GpuReaderArgs {
  library?: string;
  root?: string;
  events?: boolean;
}

/** The process behind everything that asks for GPUs; a sick driver holds up this one alone. */
const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ai-dock gpu-reader",
      description: "Answer each line of standard input with what the GPUs do, or tell their error events",
      hidden: true,
    },
    args: {
      library: { type: "string", description: "Library of NVIDIA's driver" },
      root: { type: "string", description: "In front of /sys, /proc and /dev" },
      events: { type: "boolean", description: "Wait for error events" },
    },
  }),
  async run({ library, root, events }: GpuReaderArgs) {
    if (events) {
      const { gpuEventProcess } = await import("../../sys/gpus/event-process.ts");
      return (await gpuEventProcess(library)) ? ExitCode.ok : ExitCode.failure;
    }
    const { gpuReaderProcess } = await import("../../sys/gpus/process.ts");
    await gpuReaderProcess({
      ...(library === undefined ? {} : { library }),
      ...(root === undefined ? {} : { root }),
    });
    return ExitCode.ok;
  },
};

export default command;
