import { chmodSync, chownSync, rmSync } from "node:fs";
import { describeEnvironment } from "../../env/describe.ts";
import { AiDockError, messageOf } from "../../errors.ts";
import { releaseMemory } from "../../sys/memory.ts";
import { tidyAfterwards } from "../../sys/tidy.ts";
import { act } from "../actions.ts";
import { isProtected, type PortalContext } from "./context.ts";
import { isFlooded, LOOK_MILLISECONDS, MOST_CONNECTIONS } from "./flood.ts";
import { logEvents, stateEvents } from "./events.ts";
import { LogBytesServer } from "./log-bytes.ts";
import { describeLog, logPaths } from "./log-files.ts";
import { readProvisioning } from "./provisioning.ts";
import { readAction, readCode, readKeep } from "./requests.ts";
import { portalState } from "./state.ts";

// Most containers have nobody who collects metrics.
const facts = () => import("../metric-facts.ts");

const LARGEST_REQUEST_BYTES = 64 * 1024;
/** One for the state, one for each page of logs: more would be a portal that somebody has taken over. */
const MOST_STREAMS = 500;

/** What clicks through the pages have taken is given back. While somebody follows a log, that would only cost time. */
const RELEASE = { quiet: 5000, patience: 120_000 };

interface ServeOptions {
  /** Called once where the portal has more connections than ours ever needs; the server has stopped by then. */
  onFlood?: () => void;
  /** Connections, and milliseconds between two looks; tests have their own. */
  most?: number;
  lookMilliseconds?: number;
}

/**
 * Serves the socket of the portal: HTTP, mode 0600, for the portal's user alone. It knows the state, logs, the start and
 * stop of programs, and what logins are checked with. Throws when the socket cannot be made. The result stops the server.
 */
export function servePortal(
  context: PortalContext,
  path: string,
  { uid, gid }: { uid: number; gid: number },
  { onFlood, most = MOST_CONNECTIONS, lookMilliseconds = LOOK_MILLISECONDS }: ServeOptions = {},
): () => void {
  rmSync(path, { force: true });
  const bytes = new LogBytesServer();
  const tidy = tidyAfterwards(() => {
    bytes.rest();
    releaseMemory();
  }, RELEASE);
  let streams = 0;
  const streaming = (request: Request, server: Bun.Server<undefined>, open: () => Response) => {
    if (streams >= MOST_STREAMS) throw new AiDockError("Too many streams", { code: "E_FORBIDDEN" });
    const response = open();
    streams++;
    request.signal.addEventListener("abort", () => streams--, { once: true });
    server.timeout(request, 0);
    return response;
  };
  const before = process.umask(0o177);
  let server: Bun.Server<undefined>;
  try {
    server = Bun.serve({
      unix: path,
      maxRequestBodySize: LARGEST_REQUEST_BYTES,
      // Streams stay silent for long. The types know this option for TCP only; timeout() does not hold for streams.
      ...({ idleTimeout: 0 } as object),
      routes: {
        "/state": () => Response.json(portalState(context)),
        "/events": (request, own) => streaming(request, own, () => stateEvents(context, request.signal)),
        "/credentials": () => Response.json(context.credentials()),
        "/redeem": {
          async POST(request) {
            return Response.json({ ok: context.redeem(await readCode(request)) });
          },
        },
        "/action": {
          async POST(request, own) {
            own.timeout(request, 0);
            tidy();
            const wanted = await readAction(request);
            refuseProtected(context, wanted.names);
            return Response.json(await act(context.supervisor, wanted, request.signal));
          },
        },
        "/idle": {
          POST: async (request) => Response.json(context.idle.keep(await readKeep(request))),
        },
        "/logs": (request) => {
          tidy();
          const names = new URL(request.url).searchParams.getAll("name");
          const logs = logsOf(context).filter(({ name }) => names.length === 0 || names.includes(name));
          return Response.json(logs.map((log) => describeLog(log, names.length > 0)));
        },
        "/logs/bytes": (request) => {
          tidy();
          return bytes.respond(logsOf(context), new URL(request.url).searchParams);
        },
        "/logs/watch": (request, own) => {
          const names = new Set(new URL(request.url).searchParams.getAll("name"));
          const logs = logsOf(context).filter(({ name }) => names.has(name));
          return streaming(request, own, () => logEvents(logs, request.signal));
        },
        "/environment": () => {
          tidy();
          return Response.json(describeEnvironment(context.environment(), true));
        },
        "/provisioning": () => Response.json(readProvisioning(context.provisioningFile)),
        "/metrics": async () => {
          tidy();
          return Response.json((await facts()).metricFacts(context));
        },
        "/measures": async () => {
          tidy();
          return Response.json(await (await facts()).measurePrograms(context.supervisor.programs));
        },
        "/doctor": async (request, own) => {
          own.timeout(request, 0);
          tidy();
          return Response.json(await context.doctor());
        },
      },
      fetch: () => failure(404, "No such resource", "E_NOT_FOUND"),
      error: (error) =>
        error instanceof AiDockError
          ? failure(statusOf(error.code), error.message, error.code)
          : failure(500, messageOf(error), "E_INTERNAL"),
    });
  } finally {
    process.umask(before);
  }
  chmodSync(path, 0o600);
  if (uid !== process.geteuid?.()) chownSync(path, uid, gid);
  const stop = () => {
    clearInterval(looks);
    void server.stop(true);
    rmSync(path, { force: true });
  };
  const looks = setInterval(() => {
    if (!isFlooded(path, most)) return;
    stop();
    onFlood?.();
  }, lookMilliseconds);
  looks.unref();
  return stop;
}

const statuses: Partial<Record<string, number>> = {
  E_BAD_REQUEST: 400,
  E_FORBIDDEN: 403,
  E_NOT_FOUND: 404,
  E_NO_SUCH_LOG: 404,
};
const statusOf = (code: string) => statuses[code] ?? 409;

function failure(status: number, error: string, code: string): Response {
  return Response.json({ error, code }, { status });
}

const logsOf = ({ logDirectory, supervisor }: PortalContext) =>
  logPaths(
    logDirectory,
    supervisor.programs.map(({ spec }) => spec),
  );

function refuseProtected({ supervisor }: PortalContext, names: string[]): void {
  const kept = supervisor.find(names).find(isProtected);
  if (kept === undefined) return;
  const message = `${kept.id} carries this page or the way back in; use ai-dock in a shell`;
  throw new AiDockError(message, { code: "E_FORBIDDEN" });
}
