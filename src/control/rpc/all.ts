import type { Program } from "../../supervisor/program.ts";
import { Fault, RpcFault } from "./fault.ts";
import type { RpcValue } from "./method.ts";

/** Does the same to several programs at once; how each fared, in the order in which they ended. */
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
