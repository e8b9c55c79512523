import { chmodSync, rmSync, symlinkSync } from "node:fs";
import { AiDockError, type ErrorCode, messageOf } from "../errors.ts";
import { health, programStatus } from "../supervisor/status.ts";
import { act, runUpdate } from "./actions.ts";
import { type ControlContext, requireRunning } from "./context.ts";
import type { ErrorReply, HealthReply, IdleReply, StatusReply, UpdateReply, WebReply } from "./replies.ts";

// Most containers see no request with a body and no collector of metrics: what these need is loaded by the first.
const requests = () => import("./requests.ts");
const facts = () => import("./metric-facts.ts");
const rpc = () => import("./rpc/http.ts");

const LARGEST_REQUEST_BYTES = 1024 * 1024;

/** The path that clients of supervisord know. */
const SUPERVISOR_SOCKET = "/run/supervisor.sock";

/**
 * Serves the control socket: HTTP, mode 0600, so root (or the container's own user) alone; JSON, and XML-RPC
 * for clients of supervisord. Throws when the socket cannot be made. The result stops it and removes it.
 */
export function serveControl(context: ControlContext, path: string): () => void {
  const { supervisor, environment, changeEnvironment, onAction } = context;
  /** A POST that may take long: a stop as long as its stopwaitsecs, the connection being idle meanwhile. */
  const answer = (handler: Handler) => ({
    async POST(request: Request, server: Bun.Server<undefined>) {
      server.timeout(request, 0);
      return handler(request).finally(onAction);
    },
  });
  rmSync(path, { force: true });
  using _ = withUmask(0o177);
  const server = Bun.serve({
    unix: path,
    maxRequestBodySize: LARGEST_REQUEST_BYTES,
    routes: {
      "/status": () => {
        const programs = supervisor.programs.map((program) => programStatus(program));
        const { phase, notices } = supervisor;
        const boot = context.boot();
        const reply = { phase, boot, programs, notices: notices.shown, idle: context.idle.state() };
        return Response.json(reply satisfies StatusReply);
      },
      "/health": () => Response.json(health(supervisor) satisfies HealthReply),
      "/environment": {
        GET: () => Response.json(environment()),
        async POST(request) {
          const { environmentRequest, readRequest } = await requests();
          const changes = await readRequest(request, environmentRequest);
          // Hooks of the boot call env-store.
          if (supervisor.phase !== "booting") requireRunning(supervisor.phase);
          changeEnvironment(changes);
          return Response.json(environment());
        },
      },
      "/metrics": async () => Response.json((await facts()).metricFacts(context)),
      "/measures": async () => Response.json(await (await facts()).measurePrograms(supervisor.programs)),
      "/web": {
        GET: async () => Response.json((await context.web.describe()) satisfies WebReply),
        async POST(request) {
          const { readRequest, webCredentialsRequest } = await requests();
          const { user, password } = await readRequest(request, webCredentialsRequest);
          await context.web.choose(user, password);
          return Response.json({});
        },
      },
      "/idle": {
        GET: () => Response.json({ idle: context.idle.state() } satisfies IdleReply),
        async POST(request) {
          const { keepRequest, readRequest } = await requests();
          const { seconds } = await readRequest(request, keepRequest);
          return Response.json({ idle: context.idle.keep(seconds) } satisfies IdleReply);
        },
      },
      "/action": answer(async (request) => {
        const { actionRequest, readRequest } = await requests();
        const wanted = await readRequest(request, actionRequest);
        return Response.json(await act(supervisor, wanted, request.signal));
      }),
      "/update": answer(async () => Response.json((await runUpdate(context)) satisfies UpdateReply)),
      "/rpc": answer(async (request) => (await rpc()).answerJson(context, request)),
      "/RPC2": answer(async (request) => (await rpc()).answerXml(context, request)),
    },
    fetch: () => failure(404, "No such resource", "E_NOT_FOUND"),
    error(error) {
      if (!(error instanceof AiDockError)) return failure(500, messageOf(error), "E_INTERNAL");
      const { message, code, hint } = error;
      return failure(code === "E_BAD_REQUEST" ? 400 : 409, message, code, hint);
    },
  });
  chmodSync(path, 0o600);
  const unlink = linkSupervisorSocket(path);
  return () => {
    void server.stop(true);
    unlink();
    rmSync(path, { force: true });
  };
}

/** Sets the umask of this process, which programs inherit, until the end of the block, however the block ends. */
function withUmask(umask: number): Disposable {
  const before = process.umask(umask);
  return { [Symbol.dispose]: () => void process.umask(before) };
}

type Handler = (request: Request) => Promise<Response>;

/** Where it cannot be made, clients of supervisord are told our own path by SUPERVISOR_SERVER_URL only. */
function linkSupervisorSocket(path: string): () => void {
  try {
    rmSync(SUPERVISOR_SOCKET, { force: true });
    symlinkSync(path, SUPERVISOR_SOCKET);
  } catch {
    return () => undefined;
  }
  return () => rmSync(SUPERVISOR_SOCKET, { force: true });
}

function failure(status: number, error: string, code: ErrorCode, hint?: string): Response {
  const reply = { error, code, ...(hint === undefined ? {} : { hint }) };
  return Response.json(reply satisfies ErrorReply, { status });
}
