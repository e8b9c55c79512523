import { isOwnChild, onChildExit } from "../sys/children.ts";
import { becomeSubreaper, discardChild, hasPidfd, peekEndedChild } from "../sys/libc.ts";
import { bookOrphan } from "./orphans.ts";

/** Bun waits for its own children through pidfds; that takes well under this. */
const RETRY_MILLISECONDS = 2;

/** Between two sweeps where no SIGCHLD arrives: zombies of that age do no harm. */
const SWEEP_MILLISECONDS = 500;

/**
 * Reaps every orphan, and never a child whose status Bun is about to read. When this process is not PID 1 it becomes a
 * child subreaper first. Event driven by SIGCHLD; without pidfd_open(2) Bun's waiter thread takes over that signal's
 * handler at the first spawn, so that a timer and the ends of Bun's own children have to do. The result ends it.
 */
export function startReaper(): () => void {
  if (process.pid !== 1) becomeSubreaper();
  using cleanup = new DisposableStack();
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
      bookOrphan(pid);
      discardChild(pid);
    }
  };
  cleanup.defer(() => clearTimeout(retry));
  if (hasPidfd()) {
    process.on("SIGCHLD", reap);
    cleanup.defer(() => process.off("SIGCHLD", reap));
  } else {
    const sweep = setInterval(reap, SWEEP_MILLISECONDS);
    cleanup.defer(() => clearInterval(sweep));
    cleanup.defer(onChildExit(reap));
  }
  reap();
  const stop = cleanup.move();
  return () => stop.dispose();
}
