import { ShellCode } from "../../errors.ts";
import { defineCommand } from "citty";
import { control } from "../../control/client.ts";
import { resolveCommand } from "../../supervisor/command-line.ts";
import { childExit, sendSignal, shellCode, spawnChild } from "../../sys/children.ts";
import { type Command, usageError } from "../command.ts";

/** Signals that the terminal sends to the whole foreground process group, the command included. */
const FROM_TERMINAL = ["SIGINT", "SIGQUIT"] as const;
/** Signals sent to our pid because it is the one that the caller knows; forwarded to the command. */
const FOR_COMMAND = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;

const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ai-dock shell",
      description: "Run a command with the boot environment: ai-dock shell -- CMD …",
    },
  }),
  run: () => ShellCode.notFound,
  async raw(words, rest) {
    const line = rest ?? words;
    if (line.length === 0 || (rest === undefined && line[0]?.startsWith("-"))) {
      throw usageError("ai-dock shell", "Expected a command, for example: ai-dock shell -- bash");
    }
    const { env } = await control.environment();
    // Variables of the terminal and of the caller keep the caller's values.
    const own = Object.fromEntries(
      ["TERM", "HOME", "PWD", "COLUMNS", "LINES"].flatMap((name) => {
        const value = process.env[name];
        return value === undefined ? [] : [[name, value]];
      }),
    );
    const full = { ...env, ...own };
    resolveCommand(line[0] ?? "", full["PATH"], undefined);
    try {
      const stdio = { stdin: "inherit", stdout: "inherit", stderr: "inherit" } as const;
      const child = spawnChild({ command: line, env: full, ...stdio, attached: true });
      for (const signal of FROM_TERMINAL) process.on(signal, () => undefined);
      for (const signal of FOR_COMMAND) process.on(signal, () => sendSignal(child.pid, signal));
      await child.exited;
      return shellCode(childExit(child));
    } catch {
      process.stderr.write(`ai-dock: cannot run "${line[0]}"\n`);
      return ShellCode.notExecutable;
    }
  },
};

export default command;
