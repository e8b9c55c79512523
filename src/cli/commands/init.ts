import { defineCommand, renderUsage } from "citty";
import { init } from "../../boot/index.ts";
import { ExitCode } from "../../errors.ts";
import type { Command } from "../index.ts";
import { print } from "../print.ts";

const definition = defineCommand({
  meta: {
    name: "ai-dock init",
    description:
      "Boot the container and supervise its programs: ai-dock init [KEY=VALUE …] [-- CMD …]. " +
      "KEY=VALUE overrides the container's environment; with a CMD the container lives as long as it does",
  },
});

const command: Command = {
  definition,
  run: () => ExitCode.ok,
  async raw(words, rest) {
    if (words.length === 1 && (words[0] === "--help" || words[0] === "-h")) {
      print(await renderUsage(definition));
      return ExitCode.ok;
    }
    // init is the last command of its process: what still hangs on the event loop must not keep PID 1 up.
    process.exit(await init({ args: words, command: rest ?? [] }));
  },
};

export default command;
