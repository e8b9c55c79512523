import { collectPrograms } from "../../../boot/programs.ts";
import { loadEnvironment } from "../../../env/load.ts";
import { type Check, failed, ok, warning } from "../check.ts";

/** Are environment and drop-ins as they should be? */
export const configurationCheck: Check = async ({ env }) => {
  const wrong = loadEnvironment().problems.map((problem) => failed("environment", problem, "ai-dock env"));
  const { problems, programs } = await collectPrograms({ env });
  const found = problems.map(({ severity, message }) =>
    (severity === "error" ? failed : warning)("drop-ins", message, "mend the file, then ai-dock update"),
  );
  return [
    ...(wrong.length > 0 ? wrong : [ok("environment", "every setting is valid")]),
    ...(found.length > 0 ? found : [ok("drop-ins", `${programs.length} programs, no mistakes`)]),
  ];
};
