import { logger } from "../log.ts";
import type { Notices } from "../supervisor/notices.ts";
import { ask } from "../sys/ask-mounts.ts";
import { type Mount, networkMountsOf } from "../sys/mounts.ts";
import { leaveAlone, silentMounts } from "../sys/silent-mounts.ts";
import { reportBug } from "./bugs.ts";

/** Disks of a sleeping server need ten. */
const PATIENCE_SECONDS = 15;

/** Before somebody is told that we wait. */
const TELL_MILLISECONDS = 1000;

/** Between two questions, where the process that asked was killed. */
const AGAIN_MILLISECONDS = 60_000;

const NOTICE = "workspace";
const WAITING = "workspace-waiting";

const log = logger("workspace");

export interface Question {
  /** What the boot touches in the workspace. */
  own: string[];
  /** All that is to be asked for. */
  paths: string[];
  /** The steps that are left out where the workspace does not answer, by name. */
  leftOut: string[];
  notices: Notices;
  signal: AbortSignal;
}

/**
 * Asks the network mounts on the way to some paths, says that it waits, and what that leads to. False where the workspace
 * is on one that does not answer, or the container stops.
 */
export async function askPaths({ own, paths, leftOut, notices, signal }: Question): Promise<boolean> {
  const mounts = unique(paths.flatMap((path) => networkMountsOf(path)));
  const timer = setTimeout(() => {
    const message = `waiting for ${describe(mounts)} to answer, ${PATIENCE_SECONDS} s at most`;
    log.info(message);
    notices.set(WAITING, { severity: "info", message });
  }, TELL_MILLISECONDS);
  const silent = await silentMounts(paths, PATIENCE_SECONDS * 1000, signal);
  clearTimeout(timer);
  notices.delete(WAITING);
  leaveAlone(silent);
  if (signal.aborted) return false;
  if (silent.length === 0) return true;
  const ways = unique(own.flatMap((path) => networkMountsOf(path)));
  const isOpen = !silent.some(({ target }) => ways.some((way) => way.target === target));
  const what = isOpen ? "what it holds" : leftOut.join(", ");
  const expected = `expected an answer within ${PATIENCE_SECONDS} s, got none`;
  log.error(`${describe(silent)}: ${expected}; boot goes on without ${what}`);
  const message = `no answer from ${describe(silent)}; the boot left out ${what}`;
  notices.set(NOTICE, { severity: "error", message: `${message}; restart the container once it answers` });
  void tellAnswer(silent, what, notices).catch(reportBug);
  return isOpen;
}

/** Those that asked in vain still wait: their end is the answer. */
async function tellAnswer(silent: Mount[], what: string, notices: Notices): Promise<void> {
  await Promise.all(
    silent.map(async (mount) => {
      while (!(await ask(mount))) await Bun.sleep(AGAIN_MILLISECONDS);
    }),
  );
  const message = `${describe(silent)} answers again; restart the container for what the boot left out: ${what}`;
  log.warn(message);
  notices.set(NOTICE, { severity: "warning", message });
}

const unique = (mounts: Mount[]) => [...new Map(mounts.map((mount) => [mount.target, mount])).values()];

const describe = (mounts: Mount[]) => mounts.map(({ target, type }) => `"${target}" (${type})`).join(", ");
