import { isOwnChild } from "../sys/children.ts";
import { becomeSubreaper, discardChild, peekEndedChild } from "../sys/libc.ts";

/** Bun waits for its own children through pidfds; that takes well under this. */
const RETRY_MILLISECONDS = 2;

/**
 * Reaps every orphan, and never a child whose status Bun is about to read. Event driven by SIGCHLD.
 * When this process is not PID 1 it becomes a child subreaper first.
 */
export function startReaper(): () => void {
  if (process.pid !== 1) becomeSubreaper();
  let retry: Timer | undefined;
  const reap = () => {
    for (let pid = peekEndedChild(); pid !== 0; pid = peekEndedChild()) {
      if (isOwnChild(pid)) {
        // The kernel shows ended children in order: what is behind this one waits for Bun to take it.
        retry ??= setTimeout(() => {
          retry = undefined;
          reap();
        }, RETRY_MILLISECONDS);
        return;
      }
      discardChild(pid);
    }
  };
  process.on("SIGCHLD", reap);
  reap();
  return () => {
    process.off("SIGCHLD", reap);
    clearTimeout(retry);
  };
}
