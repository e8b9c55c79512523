import { FinalError } from "../graph/outcome.ts";
import type { Perform, Planner } from "./context.ts";

/** Extensions are modules of Python for vast.ai's provisioner. */
export const performExtension: Perform<"extension"> = async ({ spec }) => {
  throw new FinalError(
    `extensions: expected what an extension finds to be listed in the manifest, got the Python module "${spec.module}", which only vast.ai's provisioner can run`,
  );
};

export const planExtension: Planner<"extension"> = async () => ({
  action: "unknown",
  detail: "cannot run here",
});
