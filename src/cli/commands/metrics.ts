import { defineCommand } from "citty";
import { control } from "../../control/client.ts";
import { readProvisioning } from "../../control/portal/provisioning.ts";
import { AiDockError, ExitCode, messageOf } from "../../errors.ts";
import { Collector } from "../../metrics/collect.ts";
import { writeFileAtomic } from "../../sys/fs.ts";
import { GpuReader } from "../../sys/gpus/reader.ts";
import type { Command } from "../command.ts";
import { print } from "../print.ts";

/** What collectors run as must be able to read it. */
const EVERYONE_READS = 0o644;

/** No scraper waits. The driver may begin anew with each call, for seconds; a GPU that does not answer is known after ten. */
const PATIENCE_MILLISECONDS = 15_000;

const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ai-dock metrics",
      description:
        "Metrics of container, programs and GPUs as text for Prometheus, as at /metrics of the portal",
    },
    args: {
      output: {
        type: "string",
        alias: "o",
        valueHint: "FILE",
        description: "Write a file instead, as a whole: for the textfile collector of node_exporter",
      },
    },
  }),
  async run({ output }: { output?: string }) {
    const gpus = new GpuReader();
    const { metrics: facts, measures } = control;
    const sources = {
      facts,
      measures,
      provisioning: async () => readProvisioning(),
      gpus: () => gpus.read(),
    };
    const collector = new Collector(sources, PATIENCE_MILLISECONDS);
    const text = await collector.collect().finally(() => gpus.close());
    if (output === undefined) print(text.trimEnd());
    else write(output, text);
    // A file system that does not answer would keep the process.
    process.exit(ExitCode.ok);
  },
};

export default command;

function write(path: string, text: string): void {
  try {
    writeFileAtomic(path, text, EVERYONE_READS);
  } catch (error) {
    throw new AiDockError(`"${path}" cannot be written: ${messageOf(error)}`, { cause: error });
  }
}
