import { collectPrograms } from "../../features/programs.ts";
import { loadEnvironment } from "../../env/load.ts";
import { withheldVariables } from "../../features/remotes/environment.ts";
import { listRemotes } from "../../features/remotes/list.ts";
import { type Check, failed, ok, warning } from "../../features/check.ts";

/** Are environment and drop-ins as they should be? */
export const configurationCheck: Check = async ({ env }) => {
  const withheld = withheldVariables(env);
  const wrong = [
    ...loadEnvironment().problems.map((problem) => failed("environment", problem, "ai-dock env")),
    ...withheld.map((problem) => warning("environment", problem, "unset it")),
  ];
  const { problems, programs } = await collectPrograms({ env });
  // Those of remotes are told beside what else remotes need.
  const told = new Set([...withheld, ...(await listRemotes(env)).problems]);
  const ofDropIns = problems.filter(({ message }) => !told.has(message));
  const found = ofDropIns.map(({ severity, message }) =>
    (severity === "error" ? failed : warning)("drop-ins", message, "mend the file, then ai-dock update"),
  );
  return [
    ...(wrong.length > 0 ? wrong : [ok("environment", "every setting is valid")]),
    ...(found.length > 0 ? found : [ok("drop-ins", `${programs.length} programs, no mistakes`)]),
  ];
};
