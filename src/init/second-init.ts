import { existsSync } from "node:fs";
import { AiDockError, ShellCode } from "../errors.ts";
import { resolveCommand } from "../supervisor/command-line.ts";
import { execForeground } from "../sys/libc.ts";
import { controlSocket } from "../sys/runtime-directory.ts";

const LOOK_MILLISECONDS = 1000;

/** True when another init runs in this container, as when the start command of a provider's template calls init.sh again. */
export async function isInitRunning(): Promise<boolean> {
  if (!existsSync(controlSocket())) return false;
  const { control, isClosedToUs } = await import("../control/client.ts");
  return control.health().then(
    () => true,
    () => isClosedToUs(),
  );
}

/**
 * What a second init does instead of booting: becomes the command (exec), or without one waits until the first init ends
 * or `stop` is aborted, since callers expect init to stay. Throws AiDockError for a command that cannot run.
 */
export async function stayBeside(
  command: string[],
  env: Record<string, string>,
  stop: AbortSignal,
): Promise<void> {
  const [name, ...args] = command;
  if (name !== undefined) {
    const failure = execForeground([resolveCommand(name, env["PATH"], undefined), ...args], env);
    throw new AiDockError(`cannot run '${name}': ${failure}`, { exitCode: ShellCode.notExecutable });
  }
  const text = "ai-dock runs in this container already; this init.sh changes nothing and waits for its end";
  process.stderr.write(`ai-dock: ${text}\n`);
  while (!stop.aborted && (await isInitRunning())) await Bun.sleep(LOOK_MILLISECONDS);
}
