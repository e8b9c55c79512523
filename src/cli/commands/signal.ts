import { defineCommand } from "citty";
import { control } from "../../control/client.ts";
import { printResults } from "../action.ts";
import type { Command } from "../index.ts";
import { usageError } from "../run-command.ts";

const command: Command = {
  definition: defineCommand({
    meta: { name: "ai-dock signal", description: "Send a signal to programs" },
    args: {
      signal: { type: "positional", required: false, description: "Signal, for example HUP" },
      name: { type: "positional", required: false, description: "NAME…, GROUP:* or all" },
      json: { type: "boolean", description: "Print JSON" },
    },
  }),
  async run({ _: [signal, ...names], json }: { _: string[]; json?: boolean }) {
    if (signal === undefined || names.length === 0) {
      throw usageError(
        "ai-dock signal",
        "Expected a signal and a program, for example: ai-dock signal HUP sshd",
      );
    }
    return printResults(await control.act({ action: "signal", signal, names }), json);
  },
};

export default command;
