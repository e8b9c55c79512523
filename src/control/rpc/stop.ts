import { z } from "zod";
import { dependentsFirst } from "../../supervisor/dependencies.ts";
import { isUp } from "../../supervisor/machine.ts";
import type { Program } from "../../supervisor/program.ts";
import { signalNumber } from "../../sys/children.ts";
import type { ControlContext } from "../context.ts";
import { find, findGroup, forEach, method, RpcFault, text, wait } from "./method.ts";

const named = z.tuple([text, wait]);
const every = z.tuple([wait]);
const signal = z.union([text, z.number().transform(String)]);

/** Stopping and signalling by supervisord's rules. */
export const stopMethods = {
  stopProcess: method("boolean string boolean", "Stop a process", named, async (context, [name, waits]) => {
    const found = find(context.supervisor, name);
    if ("group" in found) return stopEach(context, found.group, waits);
    const { one } = found;
    const wasUp = isUp(one.state);
    const stopped = context.supervisor.stop([one]);
    // For supervisord what waits to be started, or has left others, does not run; both are ended all the same.
    if (!wasUp) throw new RpcFault("NOT_RUNNING", name);
    if (!waits) return true;
    await stopped;
    requireStopped(one, name);
    return true;
  }),
  stopProcessGroup: method(
    "array string boolean",
    "Stop all processes of a group",
    named,
    (context, [name, waits]) => stopEach(context, findGroup(context.supervisor, name), waits),
  ),
  stopAllProcesses: method("array boolean", "Stop all processes", every, (context, [waits]) =>
    stopEach(context, context.supervisor.programs, waits),
  ),
  signalProcess: method(
    "boolean string string",
    "Send a signal, by name or number, to a process",
    z.tuple([text, signal]),
    async ({ supervisor }, [name, wanted]) => {
      const found = find(supervisor, name);
      if ("group" in found) return signalEach(found.group, wanted);
      send(found.one, wanted, name);
      return true;
    },
  ),
  signalProcessGroup: method(
    "array string string",
    "Send a signal to all processes of a group",
    z.tuple([text, signal]),
    ({ supervisor }, [name, wanted]) => signalEach(findGroup(supervisor, name), wanted),
  ),
  signalAllProcesses: method(
    "array string",
    "Send a signal to all processes",
    z.tuple([signal]),
    ({ supervisor }, [wanted]) => signalEach(supervisor.programs, wanted),
  ),
};

async function stopEach({ supervisor }: ControlContext, programs: Program[], waits: boolean) {
  const up = programs.filter(({ state }) => isUp(state));
  // The results are about those alone; what waits to be started must not start either.
  for (const program of programs) if (!isUp(program.state)) void supervisor.stop([program]);
  const ends = new Map(up.map((program) => [program, Promise.withResolvers<void>()]));
  const stopped = dependentsFirst(up, async (program) => {
    await supervisor.stop([program]);
    ends.get(program)?.resolve();
  });
  if (!waits) return forEach(up, () => undefined);
  const results = await forEach(up, async (program) => {
    await ends.get(program)?.promise;
    requireStopped(program, program.id);
  });
  await stopped;
  return results;
}

function requireStopped({ state, reason }: Program, name: string): void {
  if (state === "STOPPING") throw new RpcFault("FAILED", `${name}: ${reason ?? state}`);
}

function signalEach(programs: Program[], wanted: string) {
  const alive = programs.filter(({ pid }) => pid !== null);
  return forEach(alive, (program) => send(program, wanted, program.id));
}

function send(program: Program, wanted: string, shown: string): void {
  if (signalNumber(wanted) === undefined) throw new RpcFault("BAD_SIGNAL", wanted);
  if (!program.signal(wanted)) throw new RpcFault("NOT_RUNNING", shown);
}
