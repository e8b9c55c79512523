import type { Credentials, PortalState } from "../../control/portal/protocol.ts";
import type { PortalContext } from "../context.ts";
import { json, plain } from "../http/respond.ts";
import { eventStream } from "../http/sse.ts";
import { downloadLog } from "../logs/download.ts";
import { requireExpression, runSearch } from "../logs/search-process.ts";
import { streamLogs } from "../logs/stream.ts";
import { machineEvents } from "../machine/events.ts";
import { once } from "../machine/once.ts";
import { readDownload, readSearch, readStream } from "./log-queries.ts";

/** A request of somebody who may use the API. */
export interface ApiRequest {
  context: PortalContext;
  credentials: Credentials;
  state: PortalState;
  request: Request;
  query: URLSearchParams;
}

type Handler = (request: ApiRequest) => Promise<Response> | Response;

/** The API; every operation by its method and path. `document/` has what the OpenAPI document says of each. */
export const operations = {
  "GET /api/v1/state": ({ state }) => json(state),
  "GET /api/v1/events": ({ context }) =>
    eventStream(async (sink) => {
      const stop = context.knowledge.watch((state) => sink.send("state", state));
      await sink.over;
      stop();
    }),
  "POST /api/v1/actions": async ({ request, context }) => json(await context.link.act(await request.text())),
  "POST /api/v1/idle": async ({ request, context }) => json(await context.link.keep(await request.text())),
  "GET /api/v1/environment": async ({ context }) => json(await context.link.environment()),
  "GET /api/v1/provisioning": async ({ context }) => json(await context.link.provisioning()),
  "GET /api/v1/doctor": async ({ context }) => json(await context.link.doctor()),
  "GET /api/v1/token": ({ credentials: { login, tokens } }) =>
    json({ token: login ? (tokens[0] ?? null) : null }),
  "GET /api/v1/openapi.json": ({ context, request }) =>
    context.assets.document(request) ?? plain(404, "This build has no such document"),
  "GET /api/v1/logs": async ({ context }) => json(await context.link.logs()),
  "GET /api/v1/logs/stream": ({ context, query }) => {
    const options = readStream(query);
    return eventStream(async (sink) => await streamLogs(context.link, options, sink));
  },
  "GET /api/v1/logs/search": ({ context, query }) => {
    const wanted = readSearch(query);
    requireExpression(wanted);
    return eventStream(async (sink) => await runSearch(context.link.socket, wanted, sink));
  },
  "GET /api/v1/logs/download": async ({ context, query }) =>
    await downloadLog(context.link, readDownload(query)),
  "GET /api/v1/machine": async ({ context: { machine } }) => {
    await once(machine);
    return json(await machine.state());
  },
  "GET /api/v1/machine/stream": ({ context: { machine } }) => machineEvents(machine),
} satisfies Record<string, Handler>;

export type Operation = keyof typeof operations;

/** The handler of a method and path; undefined where there is none. */
export function operationOf(name: string): Handler | undefined {
  return Object.hasOwn(operations, name) ? operations[name as Operation] : undefined;
}
