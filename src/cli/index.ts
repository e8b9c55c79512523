import type { CommandDef } from "citty";
import { AiDockError, ExitCode } from "../errors.ts";
import { parseInvocation } from "./invocation.ts";

/** A command's module: what citty parses, and what it does with the words after `--`. */
export interface Command {
  // oxlint-disable-next-line typescript/no-explicit-any -- every command has its own arguments
  definition: CommandDef<any>;
  /** Resolves to the exit code. */
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  run(args: any, rest: string[] | undefined): Promise<number> | number;
  /** Takes its words as they are, without flags of its own. */
  raw?(words: string[], rest: string[] | undefined): Promise<number>;
}

/** Every command, loaded only when it is called. */
export const commands: Record<string, () => Promise<{ default: Command }>> = {
  init: () => import("./commands/init.ts"),
  logs: () => import("./commands/logs.ts"),
  status: () => import("./commands/status.ts"),
  start: () => import("./commands/start.ts"),
  stop: () => import("./commands/stop.ts"),
  restart: () => import("./commands/restart.ts"),
  signal: () => import("./commands/signal.ts"),
  update: () => import("./commands/update.ts"),
  check: () => import("./commands/check.ts"),
  doctor: () => import("./commands/doctor.ts"),
  env: () => import("./commands/env.ts"),
  tunnels: () => import("./commands/tunnels.ts"),
  remotes: () => import("./commands/remotes.ts"),
  health: () => import("./commands/health.ts"),
  provision: () => import("./commands/provision.ts"),
  shell: () => import("./commands/shell.ts"),
  completion: () => import("./commands/completion.ts"),
  supervisorctl: () => import("./commands/supervisorctl.ts"),
  "exec-foreground": () => import("./commands/exec-foreground.ts"),
};

/** Runs what argv asks for and resolves to the exit code; never throws. */
export async function main(calledAs: string, words: string[]): Promise<number> {
  const { command, own, rest } = await parseInvocation(calledAs, words, (word) =>
    Object.hasOwn(commands, word),
  );
  try {
    const load = command === undefined ? undefined : commands[command];
    if (load !== undefined) {
      const { default: loaded } = await load();
      if (loaded.raw !== undefined) return await loaded.raw(own, rest);
      const { runCommand } = await import("./run-command.ts");
      return await runCommand(loaded, own, rest);
    }
    const { runTopLevel } = await import("./top-level.ts");
    return await runTopLevel(command, own, commands);
  } catch (error) {
    return fail(error);
  }
}

function fail(error: unknown): number {
  if (!(error instanceof AiDockError)) throw error;
  process.stderr.write(`ai-dock: ${error.message}\n`);
  if (error.hint !== undefined) process.stderr.write(`${error.hint}\n`);
  return error.exitCode || ExitCode.failure;
}
