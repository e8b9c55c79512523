import { ShellCode } from "../../errors.ts";
import { basename } from "node:path";
import { defineCommand } from "citty";
import { execForeground } from "../../sys/libc.ts";
import type { Command } from "../command.ts";

/** How init starts the main command on a terminal; Bun cannot put a child in the foreground itself. */
const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ai-dock exec-foreground",
      description: "Run a command as the terminal's foreground",
      hidden: true,
    },
  }),
  run: () => ShellCode.notFound,
  async raw(_words, rest = []) {
    const code = execForeground(rest, process.env as Record<string, string>);
    process.stderr.write(`ai-dock: cannot run "${basename(rest[0] ?? "")}": ${code}\n`);
    return code === "ENOENT" ? ShellCode.notFound : ShellCode.notExecutable;
  },
};

export default command;
