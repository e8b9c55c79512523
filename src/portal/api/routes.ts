import { z } from "zod";
import {
  doctorRowsSchema,
  environmentRowsSchema,
  portalActionRequest,
  portalStateSchema,
} from "../../control/portal/protocol.ts";
import { actionReply } from "../../control/replies.ts";
import { readRequest } from "../../control/requests.ts";
import { json } from "../http/respond.ts";
import { live } from "./live.ts";
import { logRoutes } from "./log-routes.ts";
import { openApi } from "./openapi.ts";
import { machineRoutes } from "./machine-routes.ts";
import type { Route } from "./route.ts";

/** The API; every operation by its method and path. */
export const routes: Record<string, Route> = {
  "GET /api/v1/state": {
    summary: "Phase, programs, services and ssh",
    reply: portalStateSchema,
    handle: live["GET /api/v1/state"],
  },
  "GET /api/v1/events": {
    summary: "The state at once, and again after each change",
    events: { state: portalStateSchema },
    handle: live["GET /api/v1/events"],
  },
  "POST /api/v1/actions": {
    summary: "Start, stop or restart programs; those that carry the portal are refused",
    body: portalActionRequest,
    reply: actionReply,
    handle: async ({ request, control }) =>
      json(await control.act(await readRequest(request, portalActionRequest))),
  },
  "GET /api/v1/environment": {
    summary: "Effective settings and variables, and where each came from; secrets redacted",
    reply: environmentRowsSchema,
    handle: async ({ control }) => json(await control.environment()),
  },
  "GET /api/v1/doctor": {
    summary: "What this container cannot do, why, and what mends it; takes some seconds",
    reply: doctorRowsSchema,
    handle: async ({ control }) => json(await control.doctor()),
  },
  "GET /api/v1/token": {
    summary: "The API token, for the page that says how to connect",
    reply: z.object({ token: z.string().nullable() }),
    handle: ({ credentials: { login, tokens } }) => json({ token: login ? (tokens[0] ?? null) : null }),
  },
  "GET /api/v1/openapi.json": {
    summary: "This document",
    reply: z.looseObject({}),
    handle: ({ state }) => json(openApi(routes, state.version)),
  },
  ...logRoutes,
  ...machineRoutes,
};
