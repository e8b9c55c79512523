import { defineCommand } from "citty";
import { control } from "../../control/client.ts";
import type { EnvironmentReply } from "../../control/protocol.ts";
import { describeEnvironment, type EnvironmentRow } from "../../env/describe.ts";
import { loadEnvironment } from "../../env/load.ts";
import { AiDockError, ExitCode } from "../../errors.ts";
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

/** The supervisor's view; without one, what a boot in this environment would see. */
async function effectiveEnvironment(): Promise<EnvironmentReply> {
  try {
    return await control.environment();
  } catch (error) {
    if (error instanceof AiDockError && error.code === "E_NO_SUPERVISOR") return loadEnvironment();
    throw error;
  }
}

function printRows(rows: EnvironmentRow[]): void {
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { name, value, source } of rows) {
    const shown = value === null ? style("dim", "(not set)") : value.replaceAll("\n", "\\n");
    print(`${name.padEnd(width)}  ${source.padEnd(9)}  ${shown}`);
  }
}
