import { control } from "../control/client.ts";
import type { EnvironmentReply } from "../control/replies.ts";
import { loadEnvironment } from "../env/load.ts";
import { AiDockError } from "../errors.ts";

/** Asks the supervisor for the environment of programs; without a supervisor, builds the one that a boot here would have. */
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
