import { z } from "zod";
import { AiDockError } from "../../errors.ts";
import type { ControlContext } from "../context.ts";
import { configurationMethods, ownMethods } from "./configuration.ts";
import { daemonMethods } from "./daemon.ts";
import { logMethods } from "./logs.ts";
import { method, type Method, none, RpcFault, type RpcValue, text } from "./method.ts";
import { processMethods } from "./processes.ts";

const MOST_CALLS = 10_000;

const supervisorMethods: Record<string, Method> = {
  ...daemonMethods,
  ...processMethods,
  ...configurationMethods,
  ...logMethods,
};

const systemMethods: Record<string, Method> = {
  listMethods: method("array", "Names of all methods", none, () => [...methods.keys()].toSorted()),
  methodHelp: method("string string", "What a method does", z.tuple([text]), (_, [name]) => known(name).help),
  methodSignature: method(
    "array string",
    "Types of what a method gives, and of what it takes",
    z.tuple([text]),
    (_, [name]) => known(name).signature,
  ),
  multicall: method(
    "array array",
    "Call several methods, one after the other",
    z.tuple([
      z.array(z.object({ methodName: text, params: z.array(z.unknown()).default([]) })).max(MOST_CALLS),
    ]),
    async (context, [calls]) => {
      const results: RpcValue[] = [];
      for (const { methodName, params } of calls) results.push(await callWithin(context, methodName, params));
      return results;
    },
  ),
};

const methods = new Map<string, Method>([
  ...Object.entries(supervisorMethods).map(([name, value]) => [`supervisor.${name}`, value] as const),
  ...Object.entries(systemMethods).map(([name, value]) => [`system.${name}`, value] as const),
  ...Object.entries(ownMethods).map(([name, value]) => [`aidock.${name}`, value] as const),
]);

/**
 * Calls a method of supervisord's interface (rpcinterface.py); a name without a namespace means `supervisor.`. Throws
 * RpcFault.
 */
export async function call(context: ControlContext, name: string, params: unknown[]): Promise<RpcValue> {
  const found = methods.get(name.includes(".") ? name : `supervisor.${name}`);
  if (found === undefined) throw new RpcFault("UNKNOWN_METHOD");
  try {
    return await found.call(context, params);
  } catch (error) {
    throw asFault(error);
  }
}

/** Translates the refusals of `requireRunning` into supervisord's faults. */
function asFault(error: unknown): unknown {
  if (!(error instanceof AiDockError)) return error;
  if (error.code === "E_STOPPING") return new RpcFault("SHUTDOWN_STATE");
  return error.code === "E_BOOTING" ? new RpcFault("NOT_STARTED", error.message) : error;
}

async function callWithin(context: ControlContext, name: string, params: unknown[]): Promise<RpcValue> {
  try {
    if (name === "system.multicall")
      throw new RpcFault("INCORRECT_PARAMETERS", "Recursive system.multicall forbidden");
    return await call(context, name, params);
  } catch (error) {
    if (!(error instanceof RpcFault)) throw error;
    return { faultCode: error.code, faultString: error.message };
  }
}

function known(name: string): Method {
  const found = methods.get(name);
  if (found === undefined) throw new RpcFault("SIGNATURE_UNSUPPORTED");
  return found;
}
