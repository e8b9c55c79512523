import { closeSync } from "node:fs";
import { openLog } from "./trusted-path.ts";
import { spawnChild } from "../../sys/children.ts";

/** The size limit of the log in KiB, as no pump rotates the log any more; further output is discarded. */
const LOG_KIBIBYTES = 20 * 1024;

/**
 * Starts a process that drains the pipe `input` into the log at `path`, and closes `input`. Called before this process
 * ends: without a reader, SIGPIPE would kill a background process that a script has left on the pipe.
 */
export function drainPipe(input: number, path: string): void {
  const output = open(path);
  const child = spawnChild({
    command: ["/bin/bash", "-c", `ulimit -f ${LOG_KIBIBYTES}; cat; exec cat >/dev/null`],
    env: { PATH: "/usr/bin:/bin" },
    stdin: input,
    stdout: output ?? "ignore",
    stderr: "ignore",
  });
  // Whoever leaves that behind does not wait for its end.
  child.unref();
  closeSync(input);
  if (output !== undefined) closeSync(output);
}

function open(path: string): number | undefined {
  try {
    return openLog(path);
  } catch {
    // Reported already: this command has written to the same log.
    return undefined;
  }
}
