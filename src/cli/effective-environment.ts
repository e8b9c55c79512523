import { control } from "../control/client.ts";
import type { EnvironmentReply } from "../control/protocol.ts";
import { loadEnvironment } from "../env/load.ts";
import { AiDockError } from "../errors.ts";

/** The supervisor's view; without one, what a boot in this environment would see. */
export async function effectiveEnvironment(): Promise<EnvironmentReply> {
  return (await unlessAlone(control.environment())) ?? loadEnvironment();
}

/** The answer of the supervisor, or undefined when there is none. */
export async function unlessAlone<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof AiDockError && error.code === "E_NO_SUPERVISOR") return undefined;
    throw error;
  }
}
