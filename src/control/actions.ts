import { AiDockError } from "../errors.ts";
import { isUp } from "../supervisor/machine.ts";
import { type Program } from "../supervisor/program.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { update } from "../supervisor/update.ts";
import { signalNumber } from "../sys/children.ts";
import { type ControlContext, requireRunning } from "./context.ts";
import type { ActionReply, ActionRequest, UpdateReply } from "./protocol.ts";

type Result = ActionReply["results"][number];

/**
 * Carries out a request of `ai-dock start|stop|restart|signal`; `gone` is aborted when the client has gone. Throws
 * AiDockError for unknown names.
 */
export async function act(
  supervisor: Supervisor,
  request: ActionRequest,
  gone?: AbortSignal,
): Promise<ActionReply> {
  const programs = supervisor.find(request.names);
  if (request.action !== "stop") requireRunning(supervisor.phase);
  return { results: await actions[request.action](supervisor, programs, request, gone) };
}

/** Carries out `ai-dock update`. */
export async function runUpdate(context: ControlContext): Promise<UpdateReply> {
  requireRunning(context.supervisor.phase);
  return update(context.supervisor, context.configuration);
}

type Action = (
  supervisor: Supervisor,
  programs: Program[],
  request: ActionRequest,
  gone?: AbortSignal,
) => Promise<Result[]>;

const actions: Record<ActionRequest["action"], Action> = {
  async start(supervisor, programs, _request, gone) {
    const wereUp = new Set(programs.filter(({ state }) => isUp(state)));
    await supervisor.start(programs, gone);
    return programs.map((program) =>
      wereUp.has(program) ? result(program, true, "already started") : startResult(program, "started"),
    );
  },
  async stop(supervisor, programs) {
    const wereDown = new Set(programs.filter(({ state }) => !isUp(state) && state !== "STOPPING"));
    await supervisor.stop(programs);
    return programs.map((program) =>
      program.state === "STOPPING"
        ? result(program, false, program.reason ?? program.state)
        : result(program, true, wereDown.has(program) ? "not running" : "stopped"),
    );
  },
  async restart(supervisor, programs, _request, gone) {
    await supervisor.restart(programs, gone);
    return programs.map((program) => startResult(program, "restarted"));
  },
  async signal(_supervisor, programs, { signal = "" }) {
    const number = signalNumber(signal);
    if (number === undefined) {
      throw new AiDockError(`Signal: expected a name such as HUP or a number, got "${signal}"`, {
        code: "E_BAD_SIGNAL",
      });
    }
    return programs.map((program) => {
      const sent = program.signal(signal);
      return result(program, sent, sent ? "signalled" : "not running");
    });
  },
};

function startResult(program: Program, done: string): Result {
  if (program.state === "RUNNING" || (program.state === "EXITED" && program.reason === null)) {
    return result(program, true, done);
  }
  return result(program, false, program.reason ?? program.state);
}

function result({ spec }: Program, ok: boolean, message: string): Result {
  return { name: spec.name, group: spec.group, ok, message };
}
