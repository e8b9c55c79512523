import { defineCommand } from "citty";
import { ExitCode } from "../../errors.ts";
import { type Command, usageError } from "../command.ts";

interface OptSyncArgs {
  _: string[];
  workspace?: string;
  outcomes?: string;
  opt?: string;
  since?: string;
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
      since: { type: "string", description: "Milliseconds since 1970: older files are the image's" },
      patience: {
        type: "string",
        description: "Seconds without a sign of another container that has the lock",
      },
    },
  }),
  async run({ _: names, workspace, outcomes, opt, since, patience }: OptSyncArgs) {
    if (workspace === undefined || outcomes === undefined || !/^\d+$/.test(since ?? ""))
      throw usageError("ai-dock opt-sync", "Expected --workspace, --outcomes and --since");
    const { syncProcess } = await import("../../features/opt-sync/process.ts");
    syncProcess({
      names,
      workspace,
      outcomes,
      since: Number(since),
      ...(opt === undefined ? {} : { opt }),
      ...(patience === undefined ? {} : { patience: Number(patience) }),
    });
    return ExitCode.ok;
  },
};

export default command;
