import { Fault } from "../../control/rpc/method.ts";
import type { CtlCommand } from "./command.ts";
import { programId, splitName } from "../../programs/names.ts";
import { Exit, type Session } from "./session.ts";

/** The fields of getProcessInfo that supervisorctl uses. */
export interface ProcessInfo {
  name: string;
  group: string;
  state: number;
  statename: string;
  description: string;
  pid: number;
  stdout_logfile: string;
  stderr_logfile: string;
}

/** States of a process that neither runs nor is about to start. */
const DOWN = new Set(["STOPPED", "EXITED", "FATAL", "UNKNOWN"]);

const NARROWEST_NAME = 30;

const status: CtlCommand = {
  help: [
    ["status", "Show the state of all processes"],
    ["status <name>…", "Show the state of processes"],
    ["status <group>:*", "Show the state of all processes of a group"],
  ],
  async run(session, names) {
    if (!(await session.isUp())) {
      session.exitCode = Exit.statusUnknown;
      return;
    }
    const all = await session.call<ProcessInfo[]>("getAllProcessInfo");
    const chosen =
      names.length === 0 || names.includes("all") ? all : names.flatMap((name) => choose(session, all, name));
    for (const row of statusRows(chosen)) session.output(row);
    if (chosen.some(({ statename }) => DOWN.has(statename))) session.exitCode = Exit.statusNotRunning;
  },
};

function choose(session: Session, all: ProcessInfo[], text: string): ProcessInfo[] {
  const { group, name } = splitName(text);
  const found = all.filter((info) => info.group === group && (name === undefined || info.name === name));
  if (found.length === 0) {
    const what = name === undefined ? `${group}: ERROR (no such group)` : `${text}: ERROR (no such process)`;
    session.complain(what, Exit.statusUnknown);
  }
  return found;
}

function statusRows(infos: ProcessInfo[]): string[] {
  const width = Math.max(NARROWEST_NAME, ...infos.map((info) => programId(info).length)) + 3;
  return infos.map(
    (info) => `${programId(info).padEnd(width)}${info.statename.padEnd(10)}${info.description}`,
  );
}

const pid: CtlCommand = {
  help: [
    ["pid", "Show the process id of the supervisor"],
    ["pid <name>…", "Show the process ids of processes; 0 for one that does not run"],
    ["pid all", "Show the process ids of all processes"],
  ],
  async run(session, names) {
    if (!(await session.isUp())) return;
    if (names.length === 0) session.output(String(await session.call<number>("getPID")));
    else if (names.includes("all"))
      for (const info of await session.call<ProcessInfo[]>("getAllProcessInfo"))
        session.output(String(info.pid));
    else for (const name of names) await showPid(session, name);
  },
};

async function showPid(session: Session, name: string): Promise<void> {
  const words = { [Fault.BAD_NAME]: `No such process ${name}` };
  const info = await session.callOrTell<ProcessInfo>(words, "getProcessInfo", name);
  if (info === undefined) return;
  session.output(String(info.pid));
  if (info.pid === 0) session.exitCode = Exit.notRunning;
}

export const statusCommands: Record<string, CtlCommand> = { status, pid };
