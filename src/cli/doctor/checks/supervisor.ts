import { control } from "../../../control/client.ts";
import { type Check, failed, ok, warning } from "../check.ts";

/** Does the supervisor answer, and is everything up? */
export const supervisorCheck: Check = async ({ status }) => {
  if (status === undefined) {
    const fix = "start the container with init.sh, or another entrypoint that runs /opt/ai-dock/bin/init.sh";
    return [failed("supervisor", "ai-dock init is not running in this container", fix)];
  }
  const { phase, healthy, problems } = await control.health();
  if (phase !== "running") return [warning("supervisor", `the container is ${phase}`, "ai-dock logs -f")];
  if (healthy) return [ok("supervisor", `${status.programs.length} programs, all well`)];
  return problems.map((problem) => {
    const name = problem.slice(0, problem.indexOf(": "));
    return failed("supervisor", problem, `ai-dock logs ${name}`);
  });
};
