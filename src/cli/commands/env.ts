import { defineCommand } from "citty";
import { describeEnvironment, type EnvironmentRow } from "../../env/describe.ts";
import { ExitCode } from "../../errors.ts";
import { effectiveEnvironment } from "../effective-environment.ts";
import type { Command } from "../index.ts";
import { print, printJson, style } from "../print.ts";

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
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { name, value, source } of rows) {
    const shown = value === null ? style("dim", "(not set)") : value.replaceAll("\n", "\\n");
    print(`${name.padEnd(width)}  ${source.padEnd(9)}  ${shown}`);
  }
}
