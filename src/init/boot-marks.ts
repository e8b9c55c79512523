import { rmSync, writeFileSync } from "node:fs";
import { messageOf } from "../errors.ts";
import { logger } from "../log.ts";

/**
 * Programs of images of 2024 that start early wait while these files are there: the first until hooks and provisioning
 * have ended, the second until directories of OPT_SYNC are on the volume (the step sync takes it away, or leaves it).
 */
const NAMES = ["container_config", "workspace_sync"];

const log = logger("init");

/** Makes the files by which programs see that the boot goes on; those of an earlier life of the container mean nothing. */
export function beginBootMarks(directory = "/run"): void {
  for (const name of NAMES) {
    const path = `${directory}/${name}`;
    try {
      rmSync(path, { force: true });
      // Through no link that somebody has put there meanwhile.
      writeFileSync(path, "", { flag: "wx", mode: 0o644 });
    } catch (error) {
      log.debug(`"${path}": ${messageOf(error)}; early programs do not wait for the boot`);
    }
  }
}

/** Takes them away: nothing is to be waited for any more. */
export function endBootMarks(directory = "/run"): void {
  for (const name of NAMES) {
    const path = `${directory}/${name}`;
    try {
      rmSync(path, { force: true });
    } catch (error) {
      log.warn(`"${path}": ${messageOf(error)}; programs that wait until it is gone do not start`);
    }
  }
}
