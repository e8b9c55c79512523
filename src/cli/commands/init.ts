import { defineCommand } from "citty";
import { init } from "../../init/index.ts";
import { ExitCode } from "../../errors.ts";
import type { Command } from "../command.ts";

const definition = defineCommand({
  meta: {
    name: "ai-dock init",
    description: "Boot the container and supervise its programs: init [KEY=VALUE …] [-- CMD …]",
  },
});

const command: Command = {
  definition,
  run: () => ExitCode.ok,
  async raw(words, rest) {
    if (words.length === 1 && (words[0] === "--help" || words[0] === "-h")) {
      const [{ renderUsage }, { printColoured }] = await Promise.all([
        import("citty"),
        import("../print.ts"),
      ]);
      printColoured(await renderUsage(definition));
      return ExitCode.ok;
    }
    // Handles that are still open must not keep PID 1 up.
    return process.exit(await init({ args: words, command: rest ?? [] }));
  },
};

export default command;
