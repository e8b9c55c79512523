import { workspaceOf } from "../../env/workspace.ts";
import type { CommandSpec } from "../graph/item.ts";
import { fingerprintOf } from "../state/record.ts";
import type { ItemContext, Perform, Planner } from "./context.ts";
import { runShell } from "./shell.ts";

/** Runs a command once in the life of a container, and again when it has changed. */
export const performCommand: Perform<"command"> = async (item, context) => {
  const { spec } = item;
  if (isDone(spec, context)) return { state: "unchanged" };
  await context.lanes.run("command", async () =>
    runShell(spec.command, context, spec.cwd ?? workspaceOf(context.env)),
  );
  const fingerprint = fingerprintOf(spec);
  context.stores.set(keyOf(spec), { fingerprint, source: item.label, at: new Date().toISOString() });
  return { state: "done" };
};

export const planCommand: Planner<"command"> = async ({ spec }, context) => ({
  action: isDone(spec, context) ? "unchanged" : "do",
});

const keyOf = (spec: CommandSpec) => `command:${fingerprintOf(spec)}`;

const isDone = (spec: CommandSpec, { stores }: ItemContext) => stores.get(keyOf(spec)) !== undefined;
