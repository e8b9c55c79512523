import { ownDirectory } from "../../sys/own-directory.ts";
import type { Step } from "../step.ts";
import { PORTS_DIRECTORY } from "./web-services.ts";

/** Makes the directory of announcements, which hooks and programs of such images expect. */
export const tunnelsStep: Step = {
  name: "tunnels",
  async run({ log }) {
    try {
      for (const problem of ownDirectory(PORTS_DIRECTORY)) log.warn(problem);
    } catch {
      // A read-only /run: nothing can be announced.
    }
    return undefined;
  },
};
