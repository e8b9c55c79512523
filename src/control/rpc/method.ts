import { z } from "zod";
import { isProcessNamed, splitName } from "../../programs/names.ts";
import type { Program } from "../../supervisor/program.ts";
import type { Supervisor } from "../../supervisor/supervisor.ts";
import type { ControlContext } from "../context.ts";

/** Fault codes of supervisord (xmlrpc.py), and one for what supervisord has no code for. */
export const Fault = {
  UNKNOWN_METHOD: 1,
  INCORRECT_PARAMETERS: 2,
  BAD_ARGUMENTS: 3,
  SIGNATURE_UNSUPPORTED: 4,
  SHUTDOWN_STATE: 6,
  BAD_NAME: 10,
  BAD_SIGNAL: 11,
  NO_FILE: 20,
  NOT_EXECUTABLE: 21,
  FAILED: 30,
  ABNORMAL_TERMINATION: 40,
  SPAWN_ERROR: 50,
  ALREADY_STARTED: 60,
  NOT_RUNNING: 70,
  SUCCESS: 80,
  ALREADY_ADDED: 90,
  STILL_RUNNING: 91,
  CANT_REREAD: 92,
  /** The program waits for a dependency, cannot run in this container, or the container boots: the text says which. */
  NOT_STARTED: 1000,
} as const;

export type FaultName = keyof typeof Fault;

/** A call that failed in a way that callers tell apart by the code. */
export class RpcFault extends Error {
  override readonly name = "RpcFault";
  readonly code: number;

  /** `detail` follows the name of the fault, as in supervisord; NOT_STARTED is its text alone. */
  constructor(fault: FaultName, detail?: string) {
    super(fault === "NOT_STARTED" ? detail : detail === undefined ? fault : `${fault}: ${detail}`);
    this.code = Fault[fault];
  }
}

/** The values that XML-RPC can carry. */
export type RpcValue = string | number | boolean | RpcValue[] | { [name: string]: RpcValue };

/** A method as callers find it. */
export interface Method {
  /** Return type, then parameter types, for system.methodSignature. */
  signature: string[];
  help: string;
  /** Throws RpcFault, also for wrong parameters (INCORRECT_PARAMETERS). */
  call(context: ControlContext, params: unknown[]): Promise<RpcValue>;
}

/** Defines a method; `params` is a tuple, whose last members may have defaults. */
export function method<Params extends unknown[]>(
  signature: string,
  help: string,
  params: z.ZodType<Params>,
  run: (context: ControlContext, params: Params) => RpcValue | Promise<RpcValue>,
): Method {
  return {
    signature: signature.split(" "),
    help,
    async call(context, given) {
      const parsed = params.safeParse(given);
      if (!parsed.success) throw new RpcFault("INCORRECT_PARAMETERS");
      return await run(context, parsed.data);
    },
  };
}

export const none = z.tuple([]);
export const text = z.string().max(100_000);
/** Clients send a boolean or a number. */
export const wait = z.union([z.boolean(), z.number().transform((value) => value !== 0)]).default(true);

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

/** One program; the name of a group is BAD_NAME. Throws RpcFault. */
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

/** Runs an action on several programs at once; resolves to supervisord's result for each, in the order in which they ended. */
export async function forEach(
  programs: Program[],
  action: (program: Program) => Promise<void> | void,
): Promise<RpcValue> {
  const results: RpcValue[] = [];
  await Promise.all(
    programs.map(async (program) => {
      const about = { name: program.spec.name, group: program.spec.group };
      try {
        await action(program);
        results.push({ ...about, status: Fault.SUCCESS, description: "OK" });
      } catch (error) {
        if (!(error instanceof RpcFault)) throw error;
        results.push({ ...about, status: error.code, description: error.message });
      }
    }),
  );
  return results;
}
