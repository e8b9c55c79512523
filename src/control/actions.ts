import { AiDockError } from "../errors.ts";
import { isUp } from "../supervisor/machine.ts";
import { type Program } from "../supervisor/program.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { update } from "../supervisor/update.ts";
import { signalNumber } from "../sys/children.ts";
import { type ControlContext, requireNoStop, requireRunning } from "./context.ts";
import type { ActionReply, UpdateReply } from "./replies.ts";
import type { ActionRequest } from "./requests.ts";

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
  const programs = find(supervisor, request);
  if (request.action !== "stop") requireNoStop(supervisor.phase);
  return { results: await actions[request.action](supervisor, programs, request, gone) };
}

/** What is not there while the container boots may come when provisioning has ended. */
function find(supervisor: Supervisor, { names, action }: ActionRequest): Program[] {
  try {
    return supervisor.find(names);
  } catch (error) {
    if (action !== "stop") requireRunning(supervisor.phase);
    throw error;
  }
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
      wereUp.has(program)
        ? result(program, undefined, "already started")
        : result(program, startFailure(program)?.reason, "started"),
    );
  },
  async stop(supervisor, programs) {
    const wereDown = new Set(programs.filter(({ state }) => !isUp(state) && state !== "STOPPING"));
    await supervisor.stop(programs);
    return programs.map((program) =>
      result(program, stopFailure(program), wereDown.has(program) ? "not running" : "stopped"),
    );
  },
  async restart(supervisor, programs, _request, gone) {
    await supervisor.restart(programs, gone);
    return programs.map((program) => result(program, startFailure(program)?.reason, "restarted"));
  },
  async signal(_supervisor, programs, { signal = "" }) {
    if (signalNumber(signal) === undefined) {
      throw new AiDockError(`Signal: expected a name such as HUP or a number, got "${signal}"`, {
        code: "E_BAD_SIGNAL",
      });
    }
    return programs.map((program) =>
      result(program, program.signal(signal) ? undefined : "not running", "signalled"),
    );
  },
};

/** Why a start failed, in the terms of supervisord's faults; undefined when the program is up, or has ended as expected. */
export function startFailure({ state, spec, exit, reason }: Program) {
  if (state === "RUNNING" || state === "STARTING") return undefined;
  if (state === "EXITED" && typeof exit?.code === "number" && spec.exitcodes.includes(exit.code))
    return undefined;
  const failure = (kind: "SPAWN_ERROR" | "NOT_STARTED" | "ABNORMAL_TERMINATION") => ({
    kind,
    reason: reason ?? state,
  });
  if (state === "BACKOFF" || state === "FATAL") return failure("SPAWN_ERROR");
  return failure(state !== "EXITED" && reason !== null ? "NOT_STARTED" : "ABNORMAL_TERMINATION");
}

/** Why a stop failed; undefined when everything of the program has ended. */
export function stopFailure({ state, reason }: Program): string | undefined {
  return state === "STOPPING" ? (reason ?? state) : undefined;
}

/** The result of an action that failed for a reason, or is done. */
function result({ spec }: Program, failure: string | undefined, done: string): Result {
  return { name: spec.name, group: spec.group, ok: failure === undefined, message: failure ?? done };
}
