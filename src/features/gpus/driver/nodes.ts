import { accessSync, constants, readdirSync } from "node:fs";
import { run } from "../../../sys/run.ts";

/** How long all GPUs together may take to answer; one that nobody holds is initialised by its first opening. */
const PATIENCE_MILLISECONDS = 30_000;

/** Names of files in a folder of devices; none where the folder is not there. */
export function namesIn(folder: string, pattern: RegExp): string[] {
  try {
    return readdirSync(folder).filter((name) => pattern.test(name));
  } catch {
    return [];
  }
}

/**
 * Asks the kernel whether this process may open a device, without opening it: no driver is called, so that a sick GPU
 * holds up nobody. The device rules of the control group count (`EPERM`), as do owner and mode (`EACCES`). Undefined for
 * yes, else the code of the error.
 */
export function refusal(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "EIO";
  }
}

/**
 * Opens devices one by one in a process of its own and tells which cannot be opened, and why, in the system's words. A GPU
 * that is sick may never answer; it is told as one that does not answer.
 */
export async function openAll(paths: string[], signal?: AbortSignal): Promise<Map<string, string>> {
  const limit = AbortSignal.timeout(PATIENCE_MILLISECONDS);
  const script =
    'for node; do echo "opening $node"; if why=$( (: <"$node") 2>&1 ); then echo opened; else echo "${why##*: }"; fi; done';
  const { stdout } = await run(["/bin/sh", "-c", script, "sh", ...paths], {
    signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
  });
  const failures = new Map<string, string>();
  if (signal?.aborted) return failures;
  for (const [, node = "", answer = ""] of stdout.matchAll(/^opening (.*)\n(?:(?!opening )(.*)\n)?/gm))
    if (answer !== "opened") failures.set(node, answer === "" ? "no answer" : answer);
  return failures;
}
