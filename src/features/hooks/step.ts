import { basename } from "node:path";
import type { BootContext, Step } from "../step.ts";
import { AiDockError, messageOf } from "../../errors.ts";
import { findHook, HOOK_DIRECTORY, hookFolder, listHooks, MAIN_HOOK } from "./find.ts";
import { runHook } from "./run.ts";

const NAME = "preflight";

/** Runs `preflight.d/*.sh` in order, then `preflight.sh`. A failed script is reported; the others run all the same. */
export async function runPreflight(context: BootContext, directory = HOOK_DIRECTORY) {
  const main = findHook(MAIN_HOOK, context.env["PATH"], directory);
  const paths = [...listHooks(hookFolder(directory)), ...(main === undefined ? [] : [main])];
  const failed: string[] = [];
  let exported = 0;
  for (const path of paths) {
    if (context.signal.aborted) return undefined;
    const problem = await run(context, path, (count) => (exported += count));
    if (problem === undefined) continue;
    failed.push(basename(path));
    if (!context.signal.aborted) context.log.warn(`${basename(path)}: ${problem}; boot goes on`);
  }
  if (failed.length > 0 && !context.signal.aborted)
    throw new AiDockError(
      `Preflight: expected exit code 0, got failures of ${failed.join(", ")}; boot goes on`,
      {
        code: "E_PREFLIGHT",
      },
    );
  return paths.length === 0
    ? undefined
    : { message: "Preflight done", fields: { scripts: paths.length, exported } };
}

/** Runs one script; returns what went wrong, or undefined. */
async function run(context: BootContext, path: string, onExports: (count: number) => void) {
  try {
    const { code, milliseconds, exported } = await runHook(context, { name: NAME, path });
    onExports(exported);
    return code === 0 ? undefined : `expected exit code 0, got "${code}" after ${milliseconds} ms`;
  } catch (error) {
    return messageOf(error);
  }
}

export const hooksStep: Step = {
  name: NAME,
  run: async (context) => runPreflight(context),
  withoutWorkspace: () => undefined,
};
