import { Fault } from "../../control/rpc/method.ts";
import { programId, splitName } from "../../programs/names.ts";
import { CallFault, Exit, type Session } from "./session.ts";

/** The outcome for one process, as the methods for groups and for all report it. */
interface Outcome {
  name: string;
  group: string;
  status: number;
  description: string;
}

/** An action on processes: supervisord's methods for it, and supervisorctl's texts. */
export interface BulkAction {
  one: string;
  /** For `group:*`; without it the name goes to `one` as it is. */
  group?: string;
  all: string;
  /** Words after the names in every call. */
  more?: unknown[];
  done: string;
  /** The text of a fault, by its code; other faults are shown with their own text. */
  words: Record<number, string>;
  /** A fault that leaves the exit code alone. */
  harmless?: number;
  unknownGroupExit?: number;
}

/** Faults that make the exit code 7: the process does not run. */
const DEAD = new Set<number>([
  Fault.SPAWN_ERROR,
  Fault.ABNORMAL_TERMINATION,
  Fault.NOT_RUNNING,
  Fault.NOT_STARTED,
]);

/** Runs the action for one name after the other and prints a line for each process. */
export async function bulk(session: Session, names: string[], action: BulkAction): Promise<void> {
  const { one, group, all, more = [] } = action;
  if (names.includes("all")) {
    for (const outcome of await session.call<Outcome[]>(all, ...more)) tell(session, action, outcome);
    return;
  }
  for (const text of names) {
    const { group: groupName, name } = splitName(text);
    if (name === undefined && group !== undefined) await onGroup(session, groupName, group, action);
    else {
      const about = { group: groupName, name: name ?? "*" };
      try {
        await session.call(one, text, ...more);
        tell(session, action, { ...about, status: Fault.SUCCESS, description: "OK" });
      } catch (error) {
        if (!(error instanceof CallFault)) throw error;
        tell(session, action, { ...about, status: error.code, description: error.message });
      }
    }
  }
}

async function onGroup(session: Session, name: string, method: string, action: BulkAction): Promise<void> {
  try {
    const outcomes = await session.call<Outcome[]>(method, name, ...(action.more ?? []));
    for (const outcome of outcomes) tell(session, action, outcome);
  } catch (error) {
    if (!(error instanceof CallFault && error.is(Fault.BAD_NAME))) throw error;
    session.complain(`${name}: ERROR (no such group)`, action.unknownGroupExit ?? Exit.generic);
  }
}

function tell(session: Session, { done, words, harmless }: BulkAction, outcome: Outcome): void {
  const { status, description } = outcome;
  const name = programId(outcome);
  if (status === Fault.SUCCESS) {
    session.output(`${name}: ${done}`);
    return;
  }
  session.output(`${name}: ERROR (${words[status] ?? description})`);
  if (status !== harmless) session.exitCode = DEAD.has(status) ? Exit.notRunning : Exit.generic;
}
