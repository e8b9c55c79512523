import type { Program } from "../../supervisor/program.ts";
import type { Supervisor } from "../../supervisor/supervisor.ts";
import { RpcFault } from "./fault.ts";

/** What a name means: one program, or all of a group (`group:*`, `group:`). */
export type Found = { one: Program } | { group: Program[] };

/** Finds by supervisord's rules (split_namespec), and by alias. Throws RpcFault BAD_NAME. */
export function find(supervisor: Supervisor, name: string): Found {
  const colon = name.indexOf(":");
  const [group, process] = colon === -1 ? [name, name] : [name.slice(0, colon), name.slice(colon + 1)];
  if (process === "" || process === "*") return { group: findGroup(supervisor, group, name) };
  const one = supervisor.programs.find(
    ({ spec }) =>
      (spec.group === group && (spec.name === process || spec.aliases.includes(process))) ||
      (colon === -1 && spec.group === spec.name && spec.aliases.includes(name)),
  );
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

/** `group:name` whenever they differ, as supervisord calls a process (make_namespec). */
export function nameOf({ spec }: Program): string {
  return spec.group === spec.name ? spec.name : `${spec.group}:${spec.name}`;
}
