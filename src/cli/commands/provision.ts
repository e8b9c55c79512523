import { defineCommand } from "citty";
import { control } from "../../control/client.ts";
import { requireRunning } from "../../control/context.ts";
import { ExitCode } from "../../errors.ts";
import { provisionAgain } from "../../features/provisioning/rerun.ts";
import { runOutsideBoot } from "../../init/outside-boot.ts";
import type { Command } from "../command.ts";

const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ai-dock provision",
      description: "Run the provisioning script again, or another one, with the boot environment",
    },
    args: { source: { type: "positional", required: false, description: "URL or FILE" } },
  }),
  async run({ _: [source] }: { _: string[] }) {
    requireRunning((await control.status()).phase);
    const { env } = await control.environment();
    return runOutsideBoot("provisioning", env, async (context) => {
      const result = await provisionAgain(context, source, async (changes) => {
        return (await control.changeEnvironment(changes)).env;
      });
      if (context.signal.aborted) return ExitCode.failure;
      context.log.info(result?.message ?? "Nothing to run: PROVISIONING_SCRIPT is not set", result?.fields);
      return ExitCode.ok;
    });
  },
};

export default command;
