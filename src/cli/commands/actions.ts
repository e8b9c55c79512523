import { defineCommand } from "citty";
import { control } from "../../control/client.ts";
import type { ActionReply } from "../../control/replies.ts";
import type { ActionRequest } from "../../control/requests.ts";
import { ExitCode } from "../../errors.ts";
import { programId } from "../../programs/names.ts";
import { type Command, usageError } from "../command.ts";
import { print, printJson } from "../print.ts";

interface ActionArgs {
  _: string[];
  json?: boolean;
}

const name = { type: "positional", required: false, description: "NAME…, GROUP:* or all" } as const;
const json = { type: "boolean", description: "Print JSON" } as const;

export const start = defineAction("start", "Start programs and wait until they run");
export const stop = defineAction("stop", "Stop programs and everything they started");
export const restart = defineAction("restart", "Stop programs, then start them again");

export const signal: Command = {
  definition: defineCommand({
    meta: { name: "ai-dock signal", description: "Send a signal to programs" },
    args: {
      signal: { type: "positional", required: false, description: "Signal, for example HUP" },
      name,
      json,
    },
  }),
  async run({ _: [wanted, ...names], json: asJson }: ActionArgs) {
    if (wanted === undefined || names.length === 0) {
      const message = "Expected a signal and a program, for example: ai-dock signal HUP sshd";
      throw usageError("ai-dock signal", message);
    }
    return printResults(await control.act({ action: "signal", signal: wanted, names }), asJson);
  },
};

function defineAction(action: Exclude<ActionRequest["action"], "signal">, description: string): Command {
  return {
    definition: defineCommand({ meta: { name: `ai-dock ${action}`, description }, args: { name, json } }),
    async run({ _: names, json: asJson }: ActionArgs) {
      if (names.length === 0)
        throw usageError(`ai-dock ${action}`, "Expected a program, a group:* or all, got nothing");
      return printResults(await control.act({ action, names }), asJson);
    },
  };
}

/** Prints a line for each program; exit code 1 when the action failed for any. */
function printResults({ results }: ActionReply, asJson: boolean | undefined): number {
  if (asJson) printJson(results);
  else
    for (const result of results)
      print(`${programId(result)}: ${result.ok ? "" : "ERROR "}${result.message}`);
  return results.every(({ ok }) => ok) ? ExitCode.ok : ExitCode.failure;
}
