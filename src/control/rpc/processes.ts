import { z } from "zod";
import { AiDockError } from "../../errors.ts";
import { dependentsFirst } from "../../supervisor/dependencies.ts";
import { isUp } from "../../supervisor/machine.ts";
import { findCommand } from "../../supervisor/command-line.ts";
import type { Program } from "../../supervisor/program.ts";
import { signalNumber } from "../../sys/children.ts";
import { startFailure, stopFailure } from "../actions.ts";
import { type ControlContext, requireNoStop } from "../context.ts";
import { find, findGroup, forEach, method, RpcFault, type RpcValue, text, wait } from "./method.ts";

const signal = z.union([text, z.number().transform(String)]);

/** Starting, stopping and signalling by supervisord's rules. With `wait` the answer comes when the action has ended. */
export const processMethods = {
  ...methodsOf("start", "Start", ["boolean", wait], { one: start, each: startEach }),
  ...methodsOf("stop", "Stop", ["boolean", wait], { one: stop, each: stopEach }),
  ...methodsOf("signal", "Send a signal, by name or number, to", ["string", signal], {
    one: (_context, program, wanted, shown) => send(program, wanted, shown),
    each: (_context, programs, wanted) => signalEach(programs, wanted),
  }),
};

interface Action<Option> {
  /** Throws RpcFault; `shown` is the name as the caller gave it. */
  one(
    this: void,
    context: ControlContext,
    program: Program,
    option: Option,
    shown: string,
  ): Promise<void> | void;
  each(this: void, context: ControlContext, programs: Program[], option: Option): Promise<RpcValue>;
}

/** The methods of an action: for one process or `group:*`, for a group, and for all. */
function methodsOf<Option>(
  verb: string,
  does: string,
  [type, option]: [string, z.ZodType<Option>],
  { one, each }: Action<Option>,
) {
  const named: z.ZodType<[string, Option]> = z.tuple([text, option]);
  const every: z.ZodType<[Option]> = z.tuple([option]);
  return {
    [`${verb}Process`]: method(
      `boolean string ${type}`,
      `${does} a process`,
      named,
      async (context, [name, value]) => {
        const found = find(context.supervisor, name);
        if ("group" in found) return each(context, found.group, value);
        await one(context, found.one, value, name);
        return true;
      },
    ),
    [`${verb}ProcessGroup`]: method(
      `array string ${type}`,
      `${does} all processes of a group`,
      named,
      (context, [name, value]) => each(context, findGroup(context.supervisor, name), value),
    ),
    [`${verb}AllProcesses`]: method(`array ${type}`, `${does} all processes`, every, (context, [value]) =>
      each(context, context.supervisor.programs, value),
    ),
  };
}

async function start(context: ControlContext, program: Program, waits: boolean, shown: string) {
  requireNoStop(context.supervisor.phase);
  const { supervisor, environment, signal: gone } = context;
  requireCommand(program, environment().env["PATH"]);
  if (isUp(program.state)) throw new RpcFault("ALREADY_STARTED", shown);
  await (waits ? supervisor.start([program], gone) : supervisor.begin([program]));
  const failure = startFailure(program);
  if (failure === undefined) return;
  throw new RpcFault(failure.kind, failure.kind === "NOT_STARTED" ? failure.reason : shown);
}

/** A file that is not there is a fault of its own, told before anything is tried. */
function requireCommand({ spec }: Program, bootPath: string | undefined): void {
  if (spec.commandError !== undefined) throw new RpcFault("NOT_EXECUTABLE", spec.commandError);
  try {
    const path = spec.environment["PATH"] ?? (spec.onlyEnvironment ? undefined : bootPath);
    findCommand(spec.command, path, spec.directory);
  } catch (error) {
    if (!(error instanceof AiDockError)) throw error;
    throw new RpcFault(error.code === "E_COMMAND_NOT_FOUND" ? "NO_FILE" : "NOT_EXECUTABLE", error.message);
  }
}

function startEach(context: ControlContext, programs: Program[], waits: boolean): Promise<RpcValue> {
  const down = programs.filter(({ state }) => !isUp(state));
  return forEach(down, (program) => start(context, program, waits, program.id));
}

async function stop({ supervisor }: ControlContext, program: Program, waits: boolean, shown: string) {
  const wasUp = isUp(program.state);
  const stopped = supervisor.stop([program]);
  // supervisord answers NOT_RUNNING for a program that waits for a dependency or has only leftover children, too.
  // Both are stopped here all the same.
  if (!wasUp) throw new RpcFault("NOT_RUNNING", shown);
  if (!waits) return;
  await stopped;
  requireStopped(program, shown);
}

async function stopEach(
  { supervisor }: ControlContext,
  programs: Program[],
  waits: boolean,
): Promise<RpcValue> {
  const up = programs.filter(({ state }) => isUp(state));
  // Results tell of these alone, but a program that waits for a dependency must not start any more either.
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

function requireStopped(program: Program, shown: string): void {
  const failure = stopFailure(program);
  if (failure !== undefined) throw new RpcFault("FAILED", `${shown}: ${failure}`);
}

function signalEach(programs: Program[], wanted: string): Promise<RpcValue> {
  const alive = programs.filter(({ pid }) => pid !== null);
  return forEach(alive, (program) => send(program, wanted, program.id));
}

function send(program: Program, wanted: string, shown: string): void {
  if (signalNumber(wanted) === undefined) throw new RpcFault("BAD_SIGNAL", wanted);
  if (!program.signal(wanted)) throw new RpcFault("NOT_RUNNING", shown);
}
