import { messageOf } from "../errors.ts";
import { logger } from "../log.ts";
import { isOwnChild, sendSignal } from "../sys/children.ts";
import { adoptsOrphans, markChildren } from "../sys/libc.ts";
import { descendantFinder, type ProcessInfo, readMark, scanProcesses } from "../sys/proc.ts";

const log = logger("supervisor");

/** Between two looks at processes that are not our children, so that no event tells of their end. */
const LOOK_AGAIN_MILLISECONDS = 10;

/** After SIGKILL, until a process counts as one that cannot be killed (uninterruptible sleep). */
const GIVE_UP_MILLISECONDS = 2000;

/** At least as many looks: one that a standstill of this process has delayed says nothing of what was killed. */
const GIVE_UP_LOOKS = 20;

/** As many empty looks in a row count, although processes came and went while each of them was taken. */
const EMPTY_LOOKS = 4;

/** Far above any limit that someone would set in earnest. */
const FIRST_MARK = 0x41_49_00_00;
const MARKS = 0x20_00_00_00;

/** Another start in each process: `ai-dock provision` and the init of its container mark processes at the same time. */
const firstMark = FIRST_MARK + Math.floor(Math.random() * MARKS);
let nextMark = firstMark;

/** True for the mark of a tree of this process; any process can give itself another one. */
export function isMarkOfOurs(mark: number): boolean {
  return mark >= firstMark && mark < nextMark;
}

/**
 * A process and all that it forks, whatever group, session or parent that has by now: told from others by a mark that is
 * inherited (markChildren), and by descent, as sudo may take the mark away.
 */
export class ProcessTree {
  readonly mark = nextMark++;
  /** `pid startTime` of processes that were found to belong to the tree. */
  #members: Set<string> | undefined;
  /** The same of processes whose mark is another one. */
  #strangers: Set<string> | undefined;
  #mayHaveMembers = false;
  #ending: Promise<ProcessInfo[]> | undefined;

  /** Starts a process of this tree; `start` has to be done with that when it returns. */
  spawn<Child>(start: () => Child): Child {
    markChildren(this.mark);
    try {
      return start();
    } finally {
      markChildren(undefined);
      this.#mayHaveMembers = true;
    }
  }

  /** The ending that is under way, if any. */
  get ending(): Promise<unknown> | undefined {
    return this.#ending;
  }

  /** Notes everything below the process `pid`, whose end would make orphans of its children. */
  async noteDescendants(pid: number): Promise<void> {
    this.#note((await processTable()).below(pid).map(keyOf));
  }

  /**
   * Ends every process of the tree: `signal` at once, SIGKILL after `graceSeconds`. `root` is its first process, as long as
   * that has not ended. Resolves when none is left, or with those that could not be killed. Callers share one ending.
   */
  async end(signal: string, graceSeconds: number, root?: number): Promise<ProcessInfo[]> {
    if (this.#ending === undefined && this.#mayHaveMembers) {
      // From now on a new process may leave something again.
      this.#mayHaveMembers = false;
      this.#ending = endProcesses(() => this.#find(root), signal, graceSeconds).finally(() => {
        this.#ending = undefined;
        this.#members = undefined;
        this.#strangers = undefined;
      });
    }
    return (await this.#ending) ?? [];
  }

  async #find(root: number | undefined): Promise<Look> {
    const table = await processTable();
    const isRoot = (info: ProcessInfo) => info.pid === root && isOwnChild(root);
    const known =
      this.#members === undefined && root === undefined
        ? []
        : table.processes.filter((info) => isRoot(info) || this.#members?.has(keyOf(info)));
    const found = new Map<string, ProcessInfo>();
    for (const member of [...known, ...table.orphans.filter((info) => this.#isMarked(info))])
      for (const info of [member, ...table.below(member.pid)]) found.set(keyOf(info), info);
    this.#note(found.keys());
    return { found: [...found.values()], isSettled: table.isSettled };
  }

  #note(keys: Iterable<string>): void {
    for (const key of keys) (this.#members ??= new Set()).add(key);
  }

  #isMarked(info: ProcessInfo): boolean {
    const key = keyOf(info);
    if (this.#strangers?.has(key)) return false;
    const isMarked = readMark(info.pid) === this.mark;
    if (!isMarked) (this.#strangers ??= new Set()).add(key);
    return isMarked;
  }
}

interface Look {
  found: ProcessInfo[];
  isSettled: boolean;
}

/**
 * Ends what `find` keeps finding: `first` signal at once, SIGKILL after `graceSeconds`. Resolves when nothing is left,
 * or with what could not be killed. A daemon that forks and ends while /proc is read hides its child from that look,
 * so an empty look counts only when nothing has ended meanwhile. A look that fails is repeated within the same time.
 */
async function endProcesses(
  find: () => Promise<Look>,
  first: string,
  graceSeconds: number,
): Promise<ProcessInfo[]> {
  const signalled = new Set<string>();
  const killAt = performance.now() + graceSeconds * 1000;
  let emptyLooks = 0;
  let looksAfterKill = 0;
  for (;;) {
    const look = await find().catch(messageOf);
    const now = performance.now();
    if (typeof look === "string") {
      // No descriptor or no memory is free; what ends meanwhile gives some back.
      if (now > killAt + GIVE_UP_MILLISECONDS) {
        log.error(`processes cannot be looked for: ${look}`);
        return [];
      }
      await Bun.sleep(LOOK_AGAIN_MILLISECONDS);
      continue;
    }
    const { found, isSettled } = look;
    if (now > killAt + GIVE_UP_MILLISECONDS && looksAfterKill >= GIVE_UP_LOOKS) return found;
    if (now >= killAt) looksAfterKill++;
    emptyLooks = found.length === 0 ? emptyLooks + 1 : 0;
    if (emptyLooks === EMPTY_LOOKS || (emptyLooks > 0 && isSettled)) return found;
    if (emptyLooks > 0) continue;
    for (const info of found) {
      const signal = now >= killAt ? "KILL" : first;
      const key = `${keyOf(info)} ${signal}`;
      if (signalled.has(key)) continue;
      signalled.add(key);
      sendSignal(info.pid, signal);
    }
    await Bun.sleep(LOOK_AGAIN_MILLISECONDS);
  }
}

/** Ends every descendant of this process; as PID 1, every other process of the container. Logs what cannot be killed. */
export async function endStrays(graceSeconds: number): Promise<void> {
  const find = async () => {
    const { processes, below, isSettled } = await processTable();
    const found = process.pid === 1 ? processes.filter(({ pid }) => pid !== 1) : below(process.pid);
    return { found, isSettled };
  };
  const left = await endProcesses(find, "TERM", graceSeconds);
  if (left.length > 0)
    log.error("some processes cannot be killed", { pids: left.map(({ pid }) => pid).join(",") });
}

/** All processes but zombies, as of one moment; shared, as none of it is changed. */
interface ProcessTable {
  /** See ProcessList. */
  isSettled: boolean;
  processes: readonly ProcessInfo[];
  /** Processes whose parent has ended; all, where orphans are adopted by another process than this one. */
  orphans: readonly ProcessInfo[];
  /** Everything below a process, parents before children. */
  below(this: void, pid: number): ProcessInfo[];
}

let pendingTable: Promise<ProcessTable> | undefined;
let lastTableMilliseconds = 0;

/**
 * All processes as of a moment after the call. Callers within a short while share one reading of
 * /proc, so that a thousand programs that stop together do not read it a thousand times.
 */
async function processTable(): Promise<ProcessTable> {
  pendingTable ??= Bun.sleep(1 + 2 * lastTableMilliseconds).then(() => {
    pendingTable = undefined;
    const started = performance.now();
    const scan = scanProcesses();
    const processes = scan.processes.filter(({ state }) => state !== "Z");
    lastTableMilliseconds = performance.now() - started;
    const mayBeOrphan = ({ pid, ppid }: ProcessInfo) =>
      (ppid === process.pid || !adoptsOrphans()) && !isOwnChild(pid);
    const orphans = processes.filter(mayBeOrphan);
    return { isSettled: scan.isSettled, processes, orphans, below: descendantFinder(processes) };
  });
  return pendingTable;
}

const keyOf = ({ pid, startTime }: ProcessInfo) => `${pid} ${startTime}`;
