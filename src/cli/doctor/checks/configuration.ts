import { collectPrograms } from "../../../boot/programs.ts";
import { loadEnvironment } from "../../../env/load.ts";
import { listRemotes } from "../../../programs/builtin/rclone/list.ts";
import { type Check, failed, ok, warning } from "../check.ts";

/** Are environment and drop-ins as they should be? */
export const configurationCheck: Check = async ({ env }) => {
  const wrong = loadEnvironment().problems.map((problem) => failed("environment", problem, "ai-dock env"));
  const { problems, programs } = await collectPrograms({ env });
  // Those of remotes are told beside what else remotes need.
  const ofRemotes = new Set((await listRemotes(env)).problems);
  const ofDropIns = problems.filter(({ message }) => !ofRemotes.has(message));
  const found = ofDropIns.map(({ severity, message }) =>
    (severity === "error" ? failed : warning)("drop-ins", message, "mend it, then ai-dock update"),
  );
  return [
    ...(wrong.length > 0 ? wrong : [ok("environment", "every setting is valid")]),
    ...(found.length > 0 ? found : [ok("drop-ins", `${programs.length} programs, no mistakes`)]),
  ];
};
