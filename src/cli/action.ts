import { defineCommand } from "citty";
import { control } from "../control/client.ts";
import type { ActionReply, ActionRequest } from "../control/protocol.ts";
import { ExitCode } from "../errors.ts";
import { programId } from "../programs/names.ts";
import type { Command } from "./index.ts";
import { print, printJson } from "./print.ts";
import { usageError } from "./run-command.ts";

interface ActionArgs {
  _: string[];
  json?: boolean;
}

/** The command of an action on programs by name. */
export function defineAction(
  action: Exclude<ActionRequest["action"], "signal">,
  description: string,
): Command {
  return {
    definition: defineCommand({
      meta: { name: `ai-dock ${action}`, description },
      args: {
        name: { type: "positional", required: false, description: "NAME…, GROUP:* or all" },
        json: { type: "boolean", description: "Print JSON" },
      },
    }),
    async run({ _: names, json }: ActionArgs) {
      if (names.length === 0)
        throw usageError(`ai-dock ${action}`, "Expected a program, a group:* or all, got nothing");
      return printResults(await control.act({ action, names }), json);
    },
  };
}

/** Prints a line for each program; exit code 1 when the action failed for any. */
export function printResults({ results }: ActionReply, json: boolean | undefined): number {
  if (json) printJson(results);
  else
    for (const result of results)
      print(`${programId(result)}: ${result.ok ? "" : "ERROR "}${result.message}`);
  return results.every(({ ok }) => ok) ? ExitCode.ok : ExitCode.failure;
}
