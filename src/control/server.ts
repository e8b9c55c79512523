import { chmodSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { AiDockError, messageOf } from "../errors.ts";
import { health } from "../supervisor/health.ts";
import { programStatus } from "../supervisor/status.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { ensureDirectory } from "../sys/fs.ts";
import { act } from "./actions.ts";
import {
  actionRequest,
  CONTROL_SOCKET,
  type EnvironmentReply,
  type HealthReply,
  type StatusReply,
} from "./protocol.ts";

const LARGEST_REQUEST_BYTES = 1024 * 1024;

export interface ControlOptions {
  supervisor: Supervisor;
  environment: () => EnvironmentReply;
  path?: string;
}

/**
 * Serves the control socket: HTTP and JSON, mode 0600, so root (or the container's own user) alone.
 * Throws when the socket cannot be made. The result stops it and removes the socket.
 */
export function serveControl(options: ControlOptions): () => void {
  const { supervisor, environment, path = CONTROL_SOCKET } = options;
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
      "/health": () => Response.json(health(supervisor.phase, supervisor.programs) satisfies HealthReply),
      "/environment": () => Response.json(environment()),
      "/action": {
        async POST(request, self) {
          // A stop may take as long as its stopwaitsecs; the connection is idle meanwhile.
          self.timeout(request, 0);
          const parsed = actionRequest.safeParse(await request.json().catch(() => undefined));
          if (!parsed.success) return failure(400, "Cannot understand the request", "E_BAD_REQUEST");
          return Response.json(await act(supervisor, parsed.data));
        },
      },
    },
    fetch: () => failure(404, "No such resource", "E_NOT_FOUND"),
    error(error) {
      const code = error instanceof AiDockError ? error.code : "E_INTERNAL";
      return failure(error instanceof AiDockError ? 409 : 500, messageOf(error), code);
    },
  });
  process.umask(umask);
  chmodSync(path, 0o600);
  return () => {
    void server.stop(true);
    rmSync(path, { force: true });
  };
}

function failure(status: number, error: string, code: string): Response {
  return Response.json({ error, code }, { status });
}
