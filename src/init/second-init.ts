import { existsSync } from "node:fs";
import { AiDockError } from "../errors.ts";
import { resolveCommand } from "../supervisor/command-line.ts";
import { execForeground } from "../sys/libc.ts";
import { controlSocket } from "../sys/runtime-directory.ts";

const LOOK_MILLISECONDS = 1000;

/** True when an init has this container already, as when a start command of a template calls init.sh, too. */
export async function isInitRunning(): Promise<boolean> {
  if (!existsSync(controlSocket())) return false;
  const { control, isClosedToUs } = await import("../control/client.ts");
  return control.health().then(() => true, isClosedToUs);
}

/**
 * Boots nothing a second time: runs the command in place of this process, or waits as long as the other init
 * runs, as the caller of this one expects it to stay; a stop signal ends the wait. Throws AiDockError for a command that cannot run.
 */
export async function stayBeside(
  command: string[],
  env: Record<string, string>,
  stop: AbortSignal,
): Promise<void> {
  const [name, ...args] = command;
  if (name !== undefined) {
    const failure = execForeground([resolveCommand(name, env["PATH"], undefined), ...args], env);
    throw new AiDockError(`cannot run '${name}': ${failure}`, { exitCode: 126 });
  }
  const text = "ai-dock runs in this container already; this init.sh changes nothing and waits for its end";
  process.stderr.write(`ai-dock: ${text}\n`);
  while (!stop.aborted && (await isInitRunning())) await Bun.sleep(LOOK_MILLISECONDS);
}
