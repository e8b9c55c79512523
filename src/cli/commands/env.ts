import { defineCommand } from "citty";
import { describeEnvironment, type EnvironmentRow } from "../../env/describe.ts";
import { ExitCode } from "../../errors.ts";
import { effectiveEnvironment } from "../effective-environment.ts";
import type { Command } from "../command.ts";
import { printJson, printTable } from "../print.ts";

const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ai-dock env",
      description: "Effective settings and where each came from, secrets redacted",
    },
    args: {
      json: { type: "boolean", description: "Print JSON" },
      all: { type: "boolean", alias: "a", description: "Also variables that are no settings of ai-dock" },
    },
  }),
  async run({ json, all }: { json?: boolean; all?: boolean }) {
    const rows = describeEnvironment(await effectiveEnvironment(), all === true);
    if (json) printJson(rows);
    else printRows(rows);
    return ExitCode.ok;
  },
};

export default command;

function printRows(rows: EnvironmentRow[]): void {
  printTable(rows, [
    { text: ({ name }) => name },
    { text: ({ source }) => source },
    {
      text: ({ value }) => (value === null ? "(not set)" : value.replaceAll("\n", "\\n")),
      style: ({ value }) => (value === null ? "dim" : undefined),
    },
  ]);
}
