import { defineCommand } from "citty";
import { portalProcess } from "../../portal/index.ts";
import { type Command, usageError } from "../command.ts";

/** How init starts the portal. */
const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ai-dock portal",
      description: "Serve login, pages and API of the web front",
      hidden: true,
    },
    args: {
      listen: { type: "string", description: "Unix socket to serve" },
      control: { type: "string", description: "Unix socket of the supervisor" },
      state: { type: "string", description: "Directory for what outlives the process" },
    },
  }),
  async run({ listen, control, state }: { listen?: string; control?: string; state?: string }) {
    if (listen === undefined || control === undefined)
      throw usageError("ai-dock portal", "Expected --listen and --control");
    return await portalProcess({ listen, control, ...(state === undefined ? {} : { state }) });
  },
};

export default command;
