import { type Check, failed, ok, warning } from "../check.ts";
import { outcomesFile, readOutcomes } from "./outcome.ts";

/** Where the directories of OPT_SYNC are: what stays in the container is lost with it. */
export const optSyncCheck: Check = ({ settings }) => {
  if (settings.OPT_SYNC.length === 0) return [];
  return readOutcomes(outcomesFile()).map(({ name, state, reason }) => {
    const subject = `/opt/${name}`;
    if (state === "broken") return failed(subject, reason ?? "", "make a new container");
    if (state === "absent") return warning(subject, reason ?? "", "correct OPT_SYNC");
    if (state === "volume") return ok(subject, reason ?? "is on the volume");
    const fix = "mend that and restart the container: until then its files are lost with the container";
    return warning(subject, `is not on the volume: ${reason}`, fix);
  });
};
