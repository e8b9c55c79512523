import { control } from "../control/client.ts";
import type { EnvironmentReply } from "../control/protocol.ts";
import { loadEnvironment } from "../env/load.ts";
import { AiDockError } from "../errors.ts";

/** The environment that the supervisor gives to programs; without a supervisor, what a boot here would see. */
export async function effectiveEnvironment(): Promise<EnvironmentReply> {
  return (await orUndefinedWithoutSupervisor(control.environment())) ?? loadEnvironment();
}

/** The supervisor's answer, or undefined where no supervisor answers. */
export async function orUndefinedWithoutSupervisor<Answer>(
  asked: Promise<Answer>,
): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof AiDockError && error.code === "E_NO_SUPERVISOR") return undefined;
    throw error;
  }
}
