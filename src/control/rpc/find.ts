import { isProcessNamed, splitName } from "../../programs/names.ts";
import type { Program } from "../../supervisor/program.ts";
import type { Supervisor } from "../../supervisor/supervisor.ts";
import { RpcFault } from "./fault.ts";

/** What a name means: one program, or all of a group (`group:*`, `group:`). */
export type Found = { one: Program } | { group: Program[] };

/** Finds by supervisord's rules, and by alias. Throws RpcFault BAD_NAME. */
export function find(supervisor: Supervisor, name: string): Found {
  const { group, name: member } = splitName(name);
  if (member === undefined) return { group: findGroup(supervisor, group, name) };
  const one = supervisor.programs.find(({ spec }) => isProcessNamed(spec, name));
  if (one === undefined) throw new RpcFault("BAD_NAME", name);
  return { one };
}

/** One program; a group is no answer. Throws RpcFault BAD_NAME. */
export function findOne(supervisor: Supervisor, name: string): Program {
  const found = find(supervisor, name);
  if ("group" in found) throw new RpcFault("BAD_NAME", name);
  return found.one;
}

/** The programs of a group in start order. Throws RpcFault BAD_NAME. */
export function findGroup(supervisor: Supervisor, group: string, shown = group): Program[] {
  const members = supervisor.programs.filter(({ spec }) => spec.group === group);
  if (members.length === 0) throw new RpcFault("BAD_NAME", shown);
  return members;
}
