import { chmodSync, rmSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import { AiDockError, messageOf } from "../errors.ts";
import { health } from "../supervisor/health.ts";
import { programStatus } from "../supervisor/status.ts";
import { ensureDirectory } from "../sys/fs.ts";
import { act, runUpdate } from "./actions.ts";
import type { ControlContext } from "./context.ts";
import {
  actionRequest,
  environmentRequest,
  type HealthReply,
  type StatusReply,
  type UpdateReply,
} from "./protocol.ts";
import { answerJson, answerXml } from "./rpc/http.ts";

const LARGEST_REQUEST_BYTES = 1024 * 1024;

/** The path that clients of supervisord know. */
const SUPERVISOR_SOCKET = "/run/supervisor.sock";

/**
 * Serves the control socket: HTTP, mode 0600, so root (or the container's own user) alone; JSON, and XML-RPC
 * for clients of supervisord. Throws when the socket cannot be made. The result stops it and removes it.
 */
export function serveControl(context: ControlContext, path: string): () => void {
  const { supervisor, environment } = context;
  ensureDirectory(dirname(path), 0o755);
  rmSync(path, { force: true });
  const umask = process.umask(0o177);
  const server = Bun.serve({
    unix: path,
    maxRequestBodySize: LARGEST_REQUEST_BYTES,
    routes: {
      "/status": () => {
        const programs = supervisor.programs.map((program) => programStatus(program));
        return Response.json({ phase: supervisor.phase, programs } satisfies StatusReply);
      },
      "/health": () => Response.json(health(supervisor) satisfies HealthReply),
      "/environment": {
        GET: () => Response.json(environment()),
        async POST(request) {
          const parsed = environmentRequest.safeParse(await request.json().catch(() => undefined));
          if (!parsed.success) return failure(400, "Cannot understand the request", "E_BAD_REQUEST");
          replaceEntries(environment().env, parsed.data.env);
          return Response.json(environment());
        },
      },
      "/action": answer(async (request) => {
        const parsed = actionRequest.safeParse(await request.json().catch(() => undefined));
        if (!parsed.success) return failure(400, "Cannot understand the request", "E_BAD_REQUEST");
        return Response.json(await act(supervisor, parsed.data, request.signal));
      }),
      "/update": answer(async () => Response.json((await runUpdate(context)) satisfies UpdateReply)),
      "/rpc": answer((request) => answerJson(context, request)),
      "/RPC2": answer((request) => answerXml(context, request)),
    },
    fetch: () => failure(404, "No such resource", "E_NOT_FOUND"),
    error(error) {
      const code = error instanceof AiDockError ? error.code : "E_INTERNAL";
      return failure(error instanceof AiDockError ? 409 : 500, messageOf(error), code);
    },
  });
  process.umask(umask);
  chmodSync(path, 0o600);
  const unlink = linkSupervisorSocket(path);
  return () => {
    void server.stop(true);
    unlink();
    rmSync(path, { force: true });
  };
}

function replaceEntries(env: Record<string, string>, wanted: Record<string, string>): void {
  for (const name of Object.keys(env)) if (!Object.hasOwn(wanted, name)) delete env[name];
  Object.assign(env, wanted);
}

type Handler = (request: Request) => Promise<Response>;

/** A POST that may take long: a stop as long as its stopwaitsecs, the connection being idle meanwhile. */
function answer(handler: Handler) {
  return {
    POST(request: Request, server: Bun.Server<undefined>) {
      server.timeout(request, 0);
      return handler(request);
    },
  };
}

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

function failure(status: number, error: string, code: string): Response {
  return Response.json({ error, code }, { status });
}
