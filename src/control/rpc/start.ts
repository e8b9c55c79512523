import { z } from "zod";
import { AiDockError } from "../../errors.ts";
import { commandWords } from "../../supervisor/process-command.ts";
import { isUp } from "../../supervisor/machine.ts";
import type { Program } from "../../supervisor/program.ts";
import { type ControlContext, requireRunning } from "../context.ts";
import { find, findGroup, forEach, method, RpcFault, text, wait } from "./method.ts";

const named = z.tuple([text, wait]);
const every = z.tuple([wait]);

/** Starting by supervisord's rules: with `wait` the answer comes when it runs, or has failed to. */
export const startMethods = {
  startProcess: method("boolean string boolean", "Start a process", named, async (context, [name, waits]) => {
    const found = find(context.supervisor, name);
    if ("group" in found) return startEach(context, found.group, waits);
    await start(context, found.one, waits, name);
    return true;
  }),
  startProcessGroup: method(
    "array string boolean",
    "Start all processes of a group",
    named,
    (context, [name, waits]) => startEach(context, findGroup(context.supervisor, name), waits),
  ),
  startAllProcesses: method("array boolean", "Start all processes", every, (context, [waits]) =>
    startEach(context, context.supervisor.programs, waits),
  ),
};

function startEach(context: ControlContext, programs: Program[], waits: boolean) {
  const down = programs.filter(({ state }) => !isUp(state));
  return forEach(down, (program) => start(context, program, waits));
}

async function start(context: ControlContext, program: Program, waits: boolean, shown = program.id) {
  requireRunning(context.supervisor.phase);
  const { supervisor, environment, signal } = context;
  requireCommand(program, environment().env["PATH"]);
  if (isUp(program.state)) throw new RpcFault("ALREADY_STARTED", shown);
  await (waits ? supervisor.start([program], signal) : supervisor.begin([program]));
  const { state, spec, exit, reason } = program;
  if (state === "RUNNING" || state === "STARTING") return;
  if (state === "BACKOFF" || state === "FATAL") throw new RpcFault("SPAWN_ERROR", shown);
  if (state === "EXITED" && typeof exit?.code === "number" && spec.exitcodes.includes(exit.code)) return;
  if ((state === "STOPPED" || state === "STOPPING") && reason !== null)
    throw new RpcFault("NOT_STARTED", reason);
  throw new RpcFault("ABNORMAL_TERMINATION", shown);
}

/** A file that is not there is told as such, before anything is tried. */
function requireCommand({ spec }: Program, bootPath: string | undefined): void {
  if (spec.commandError !== undefined) throw new RpcFault("NOT_EXECUTABLE", spec.commandError);
  try {
    const path = spec.environment["PATH"] ?? (spec.onlyEnvironment ? undefined : bootPath);
    commandWords(spec.command, path, spec.directory);
  } catch (error) {
    if (!(error instanceof AiDockError)) throw error;
    throw new RpcFault(error.code === "E_COMMAND_NOT_FOUND" ? "NO_FILE" : "NOT_EXECUTABLE", error.message);
  }
}
