import { defineCommand } from "citty";
import { ExitCode } from "../../errors.ts";
import { isPlatformKind, platforms } from "../../features/platform/platforms.ts";
import { loadEnvironment } from "../../env/load.ts";
import { type Command, usageError } from "../command.ts";

const NAME = "ai-dock platform-stop";

/** How init has a cloud stop this container. */
const command: Command = {
  definition: defineCommand({
    meta: { name: NAME, description: "Have the cloud stop this container by its API", hidden: true },
    args: {
      platform: { type: "positional", required: false, description: Object.keys(platforms).join(" or ") },
      "api-file": { type: "string", description: "File of root's with another address of the API" },
    },
  }),
  async run({ _: [platform = ""], "api-file": apiFile }: { _: string[]; "api-file"?: string }) {
    if (!isPlatformKind(platform))
      throw usageError(
        NAME,
        `Expected ${Object.keys(platforms).join(" or ")}, got ${JSON.stringify(platform)}`,
      );
    const { platformStopProcess } = await import("../../features/platform/process.ts");
    const end = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => end.abort());
    const { env } = loadEnvironment();
    const isAccepted = await platformStopProcess({ kind: platform, env, signal: end.signal, apiFile });
    return isAccepted ? ExitCode.ok : ExitCode.failure;
  },
};

export default command;
