import { closeSync } from "node:fs";
import { openLog } from "../../logs/write/trusted-path.ts";
import { spawnChild } from "../../sys/children.ts";

/** Nobody rotates the log under such a process: beyond this size, in KiB, its output goes nowhere. */
const LOG_KIBIBYTES = 20 * 1024;

/**
 * Reads on from the pipe `input` where this process is about to end: a program that a script has left running would
 * die of a pipe that nobody reads. Its output goes to the log at `path`.
 */
export function readOn(input: number, path: string): void {
  const output = open(path);
  spawnChild({
    command: ["/bin/bash", "-c", `ulimit -f ${LOG_KIBIBYTES}; cat; exec cat >/dev/null`],
    env: { PATH: "/usr/bin:/bin" },
    stdin: input,
    stdout: output ?? "ignore",
    stderr: "ignore",
  });
  closeSync(input);
  if (output !== undefined) closeSync(output);
}

function open(path: string): number | undefined {
  try {
    return openLog(path);
  } catch {
    // Told before, as it is the log of all this command prints.
    return undefined;
  }
}
