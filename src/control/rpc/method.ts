import { z } from "zod";
import type { ControlContext } from "../context.ts";
import { RpcFault } from "./fault.ts";

/** What XML-RPC can carry. */
export type RpcValue = string | number | boolean | RpcValue[] | { [name: string]: RpcValue };

/** A method as callers find it. */
export interface Method {
  /** Return type, then parameter types, for system.methodSignature. */
  signature: string[];
  help: string;
  /** Throws RpcFault, INCORRECT_PARAMETERS among them. */
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
/** XML-RPC clients send either; supervisord takes the name, too. */
export const text = z.string().max(100_000);
export const wait = z.union([z.boolean(), z.number().transform((value) => value !== 0)]).default(true);
