import { defineCommand } from "citty";
import type { LoggedRunOptions } from "../../features/step.ts";
import { openLogs } from "../../init/logs.ts";
import { readOn } from "../../features/provisioning/drain-pipe.ts";
import { provision } from "../../features/provisioning/provision.ts";
import { writeShellEnvironment } from "../../features/shell/step.ts";
import { runLogged } from "../../init/run-logged.ts";
import { control } from "../../control/client.ts";
import { readSettings } from "../../env/load.ts";
import { createRedactor } from "../../env/redact.ts";
import { ExitCode } from "../../errors.ts";
import { logger, setLogRedactor } from "../../log.ts";
import type { Command } from "../command.ts";

const NAME = "provisioning";
const LAST_LINES_MILLISECONDS = 1000;

const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ai-dock provision",
      description: "Run the provisioning script again, or another one, with the boot environment",
    },
    args: { source: { type: "positional", required: false, description: "URL or FILE" } },
  }),
  async run({ _: [source] }: { _: string[] }) {
    const { env } = await control.environment();
    const { settings, problems } = readSettings(env);
    setLogRedactor(createRedactor(env));
    const logs = openLogs({ fd: 1, format: "plain" });
    logs.ownName = NAME;
    const log = logger(NAME);
    for (const problem of problems) log.warn(problem);
    const interrupt = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => interrupt.abort());
    const left: number[] = [];
    const context = {
      settings,
      env,
      log,
      signal: interrupt.signal,
      runLogged: (options: LoggedRunOptions) =>
        runLogged(options, logs, interrupt.signal, (pipe) => left.push(pipe)),
    };
    try {
      const result = await provision(
        context,
        source === undefined ? { force: true } : { force: true, source },
      );
      if (interrupt.signal.aborted) return ExitCode.failure;
      // What the script exported reaches new shells, and programs as they are started or restarted.
      writeShellEnvironment(context);
      await control.setEnvironment(env);
      log.info(result?.message ?? "Nothing to run: PROVISIONING_SCRIPT is not set", result?.fields);
      return ExitCode.ok;
    } finally {
      await logs.container?.flush(LAST_LINES_MILLISECONDS);
      // After the exit code and the error, if any: reading from a pipe that stays open would go on for ever.
      if (left.length > 0) setImmediate(() => leave(left, logs.file(NAME).path));
    }
  },
};

/** Ends the command without ending what the script has left running. */
function leave(pipes: number[], path: string): never {
  for (const pipe of pipes) readOn(pipe, path);
  process.exit();
}

export default command;
