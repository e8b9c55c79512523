import { defineCommand } from "citty";
import { ExitCode } from "../../errors.ts";
import { type Command, usageError } from "../command.ts";

interface OptSyncArgs {
  _: string[];
  workspace?: string;
  outcomes?: string;
  opt?: string;
  state?: string;
  patience?: string;
}

/** How init moves directories of /opt to the volume. */
const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ai-dock opt-sync",
      description: "Move directories of /opt to the volume",
      hidden: true,
    },
    args: {
      name: { type: "positional", required: false, description: "NAME…" },
      workspace: { type: "string", description: "Directory to move to" },
      outcomes: { type: "string", description: "File for what has become of each" },
      opt: { type: "string", description: "Instead of /opt" },
      state: { type: "string", description: "Directory for what the container keeps" },
      patience: {
        type: "string",
        description: "Seconds without a sign of another container that has the lock",
      },
    },
  }),
  async run({ _: names, workspace, outcomes, opt, state, patience }: OptSyncArgs) {
    if (workspace === undefined || outcomes === undefined)
      throw usageError("ai-dock opt-sync", "Expected --workspace and --outcomes");
    const { syncProcess } = await import("../../features/opt-sync/process.ts");
    syncProcess({
      names,
      workspace,
      outcomes,
      ...(opt === undefined ? {} : { opt }),
      ...(state === undefined ? {} : { state }),
      ...(patience === undefined ? {} : { patience: Number(patience) }),
    });
    return ExitCode.ok;
  },
};

export default command;
