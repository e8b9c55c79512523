import { existsSync } from "node:fs";
import { defineCommand } from "citty";
import { ExitCode } from "../../errors.ts";
import type { Command } from "../command.ts";
import { print } from "../print.ts";

/** Files of the boot, and what goes on while each is there. */
const waits: [path: string, meaning: string][] = [
  [
    "/run/workspace_sync",
    "Apps are being moved to the workspace; what is changed now may be lost (ai-dock logs boot)",
  ],
  [
    "/run/container_config",
    "Hooks and provisioning go on; not everything is installed yet (ai-dock logs provisioning)",
  ],
];

const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ready-test",
      hidden: true,
      description:
        "Say what the container still has to do before its apps may start; exit code 1 while there is something, 0 after it",
    },
  }),
  run() {
    const left = waits.filter(([path]) => existsSync(path));
    if (left.length === 0) return ExitCode.ok;
    print("The container is not ready:");
    for (const [, meaning] of left) print(`- ${meaning}`);
    return ExitCode.failure;
  },
};

export default command;
