import { defineCommand } from "citty";
import { ExitCode } from "../../errors.ts";
import { type Command, usageError } from "../command.ts";

interface StorageMonitorArgs {
  workspace?: string;
  once?: boolean;
  mappings?: string;
  bundled?: string;
}

/** How init starts the program that links files of the storage into apps. */
const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ai-dock storagemonitor",
      description: "Link files of the storage into apps",
      hidden: true,
    },
    args: {
      workspace: { type: "string", description: "Directory that has the storage" },
      once: { type: "boolean", description: "Link what is there, and end" },
      mappings: { type: "string", description: "Another mappings.sh" },
      bundled: { type: "string", description: "Instead of /opt/storage" },
    },
  }),
  async run({ workspace, once, mappings, bundled }: StorageMonitorArgs) {
    if (workspace === undefined) throw usageError("ai-dock storagemonitor", "Expected --workspace");
    const { storageProcess } = await import("../../features/storage/process.ts");
    await storageProcess({
      workspace,
      once: once ?? false,
      ...(mappings === undefined ? {} : { mappings }),
      ...(bundled === undefined ? {} : { bundled }),
    });
    return ExitCode.ok;
  },
};

export default command;
