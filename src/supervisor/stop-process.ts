import { logger } from "../log.ts";
import type { ProgramSpec } from "../programs/spec.ts";
import { sendSignal } from "../sys/children.ts";
import { descendantsOf, type ProcessInfo } from "../sys/proc.ts";
import { endProcesses, findLeftovers, processTable } from "./descendants.ts";

/** What leftovers get between their own signal and KILL. */
const LEFTOVER_GRACE_SECONDS = 1;

/** What is kept of a stop's time for the signal itself, after `beforeStop`. */
const TERMINATION_SECONDS = 1;

/** After KILL, until a process counts as one that does not end; freeing much memory takes some of it. */
const HANG_SECONDS = 10;

/** What `beforeStop` has after its abort, to say what it has not done. */
const LAST_WORD_SECONDS = 0.2;

const log = logger("supervisor");

export interface StopOptions {
  /** The program's name for the log. */
  id: string;
  spec: ProgramSpec;
  /** What its processes were marked with. */
  mark: number;
  /** Its main process, or null once that has ended. */
  pid: () => number | null;
  /** Resolves when the main process has ended. */
  exited: Promise<void>;
  /** Seconds between the stop signal and KILL. */
  waitSeconds: number;
  /** Told when its main process does not even end by KILL, as in uninterruptible sleep; it may end later. */
  onHang: (reason: string) => void;
}

/** Ends a program's process by its stop signal, then KILL, and by its KillMode all it started. */
export async function stopProcess({
  id,
  spec,
  mark,
  pid,
  exited,
  waitSeconds,
  onHang,
}: StopOptions): Promise<void> {
  const started = performance.now();
  if (spec.beforeStop !== undefined && pid() !== null) {
    const seconds = Math.max(0, waitSeconds - TERMINATION_SECONDS);
    const late = Bun.sleep((seconds + LAST_WORD_SECONDS) * 1000);
    await Promise.race([spec.beforeStop(AbortSignal.timeout(seconds * 1000)), exited, late]);
  }
  const left = waitSeconds - (performance.now() - started) / 1000;
  const wholeTree = spec.killMode === "control-group";
  const send = (signal: string, group: boolean) => {
    const now = pid();
    if (now !== null) sendSignal(group ? -now : now, signal);
  };
  // Taken before the signal: afterwards nobody knows whose children they were.
  const main = pid();
  const below = wholeTree && main !== null ? descendantsOf(main, await processTable()) : [];
  send(spec.stopsignal, spec.stopasgroup);
  let timer = setTimeout(() => {
    log.warn(`${id} did not stop within ${waitSeconds} s; killing it`);
    send("KILL", spec.killasgroup);
    timer = setTimeout(() => {
      const reason = `process ${pid()} is still there ${HANG_SECONDS} s after KILL`;
      log.error(`${id}: ${reason}`);
      onHang(reason);
    }, HANG_SECONDS * 1000);
  }, left * 1000);
  await exited;
  clearTimeout(timer);
  if (wholeTree) await endLeftovers(id, spec.stopsignal, mark, below);
}

/** Ends what carries the mark of a program whose main process is gone, and what was known to be `below` that one. */
export async function endLeftovers(
  id: string,
  signal: string,
  mark: number,
  below: ProcessInfo[],
): Promise<void> {
  const left = await endProcesses(() => findLeftovers(mark, below), signal, LEFTOVER_GRACE_SECONDS);
  if (left.length === 0) return;
  log.error(`${id} left processes that cannot be killed`, { pids: left.map((info) => info.pid).join(",") });
}
