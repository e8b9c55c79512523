import { control } from "../../control/client.ts";
import { AiDockError } from "../../errors.ts";
import { programId } from "../../programs/names.ts";
import { LOG_DIRECTORY } from "../../programs/spec.ts";
import { askProgramLogs, outputElsewhere } from "../log-names.ts";
import { type Check, failed, type CheckResult, ok, warning } from "../../features/check.ts";

/** Checks that the supervisor answers and that every program is up. */
export const supervisorCheck: Check = async ({ status }) => {
  if (status === undefined) return [await whyNone()];
  const { phase, healthy, problems } = await control.health();
  if (phase !== "running") return [warning("supervisor", `the container is ${phase}`, "ai-dock logs -f")];
  if (healthy) return [ok("supervisor", `${status.programs.length} programs, all well`)];
  const programs = await askProgramLogs();
  return problems.map((problem) => {
    const name = problem.slice(0, problem.indexOf(": "));
    const program = programs.find((one) => programId(one) === name);
    const elsewhere = program && outputElsewhere(program, LOG_DIRECTORY);
    return failed("supervisor", problem, elsewhere ? `its output is ${elsewhere}` : `ai-dock logs ${name}`);
  });
};

async function whyNone(): Promise<CheckResult> {
  try {
    await control.status();
  } catch (error) {
    // A supervisor runs, but this user may not connect to its socket.
    if (error instanceof AiDockError && error.hint) return failed("supervisor", error.message, error.hint);
  }
  const fix = "start the container with init.sh, or another entrypoint that runs /opt/ai-dock/bin/init.sh";
  return failed("supervisor", "ai-dock init is not running in this container", fix);
}
