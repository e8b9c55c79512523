import { defineCommand } from "citty";
import { ExitCode } from "../../errors.ts";
import { type Command, usageError } from "../command.ts";

interface PortalArgs {
  listen?: string;
  control?: string;
  state?: string;
  search?: boolean;
}

/** How init starts the portal, and the portal a search. */
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
      search: { type: "boolean", description: "Search logs, as standard input says" },
    },
  }),
  async run({ listen, control, state, search }: PortalArgs) {
    if (control !== undefined && search) {
      const { searchProcess } = await import("../../portal/logs/search-process.ts");
      await searchProcess(control);
      // Its input is open still.
      process.exit(ExitCode.ok);
    }
    if (listen === undefined || control === undefined)
      throw usageError("ai-dock portal", "Expected --listen and --control");
    const { portalProcess } = await import("../../portal/index.ts");
    return await portalProcess({ listen, control, ...(state === undefined ? {} : { state }) });
  },
};

export default command;
