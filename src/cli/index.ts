import { AiDockError, ExitCode } from "../errors.ts";
import type { Command, Commands } from "./command.ts";
import { parseInvocation } from "./invocation.ts";

/** Every command, loaded only when it is called. */
export const commands: Commands = {
  init: () => import("./commands/init.ts"),
  logs: () => import("./commands/logs.ts"),
  status: () => import("./commands/status.ts"),
  start: () => action("start"),
  stop: () => action("stop"),
  restart: () => action("restart"),
  signal: () => action("signal"),
  update: () => import("./commands/update.ts"),
  check: () => import("./commands/check.ts"),
  doctor: () => import("./commands/doctor.ts"),
  env: () => import("./commands/env.ts"),
  web: () => import("./commands/web.ts"),
  tunnels: () => import("./commands/tunnels.ts"),
  remotes: () => import("./commands/remotes.ts"),
  metrics: () => import("./commands/metrics.ts"),
  health: () => import("./commands/health.ts"),
  idle: () => import("./commands/idle.ts"),
  gpus: () => import("./commands/gpus.ts"),
  provision: () => import("./commands/provision.ts"),
  shell: () => import("./commands/shell.ts"),
  completion: () => import("./commands/completion.ts"),
  portal: () => import("./commands/portal.ts"),
  supervisorctl: () => import("./commands/supervisorctl.ts"),
  "direct-url": () => link("directUrl"),
  "cfqt-url": () => link("quickUrl"),
  "cfnt-url": () => link("namedUrl"),
  "set-web-credentials": () => import("./commands/set-web-credentials.ts"),
  "env-store": () => import("./commands/env-store.ts"),
  storagemonitor: () => import("./commands/storagemonitor.ts"),
  "opt-sync": () => import("./commands/opt-sync.ts"),
  "fix-permissions": () => import("./commands/fix-permissions.ts"),
  "venv-sync": () => import("./commands/venv-sync.ts"),
  "hash-password": () => import("./commands/hash-password.ts"),
  "external-ip-address": () => import("./commands/external-ip-address.ts"),
  "platform-stop": () => import("./commands/platform-stop.ts"),
  webhook: () => import("./commands/webhook.ts"),
  "ready-test": () => import("./commands/ready-test.ts"),
  "gpu-reader": () => import("./commands/gpu-reader.ts"),
  "exec-foreground": () => import("./commands/exec-foreground.ts"),
};

async function action(name: "start" | "stop" | "restart" | "signal"): Promise<{ default: Command }> {
  return { default: (await import("./commands/actions.ts"))[name] };
}

async function link(name: "directUrl" | "quickUrl" | "namedUrl"): Promise<{ default: Command }> {
  return { default: (await import("./commands/link.ts"))[name] };
}

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
      return await runCommand(loaded, own, rest, commands);
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
