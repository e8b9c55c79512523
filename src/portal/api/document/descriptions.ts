import { z } from "zod";
import {
  doctorRowSchema,
  environmentRowSchema,
  portalActionRequest,
  portalStateSchema,
  provisioningSchema,
} from "../../../control/portal/protocol.ts";
import { idleSchema, keepRequest } from "../../../control/idle.ts";
import { actionReply } from "../../../control/replies.ts";
import { diskSchema, machineSchema, sampleSchema } from "../../machine/schema.ts";
import { CONTENT_TYPE } from "../../../metrics/exposition.ts";
import type { Operation } from "../operations.ts";
import type { Description } from "./description.ts";
import { logDescriptions } from "./log-descriptions.ts";

/** What the OpenAPI document says of each operation. */
export const descriptions: Record<Operation | "GET /metrics", Description> = {
  "GET /api/v1/state": { summary: "Phase, programs, services and ssh", reply: portalStateSchema },
  "GET /api/v1/events": {
    summary: "The state at once, and again after each change",
    events: { state: portalStateSchema },
  },
  "POST /api/v1/actions": {
    summary: "Start, stop or restart programs; those that carry the portal are refused",
    body: portalActionRequest,
    reply: actionReply,
  },
  "POST /api/v1/idle": {
    summary: "Keep the container from being idle for some seconds from now; null ends that",
    body: keepRequest,
    reply: idleSchema,
  },
  "GET /api/v1/environment": {
    summary: "Effective settings and variables, and where each came from; secrets redacted",
    reply: z.array(environmentRowSchema),
  },
  "GET /api/v1/provisioning": {
    summary: "How far the items of a provisioning manifest are; none without a manifest",
    reply: provisioningSchema,
  },
  "GET /api/v1/doctor": {
    summary: "What this container cannot do, why, and what mends it; takes some seconds",
    reply: z.array(doctorRowSchema),
  },
  "GET /api/v1/token": {
    summary: "The API token, for the page that says how to connect",
    reply: z.object({ token: z.string().nullable() }),
  },
  "GET /api/v1/openapi.json": { summary: "This document", reply: z.looseObject({}) },
  ...logDescriptions,
  "GET /api/v1/machine": {
    summary: "What the container uses and may use; takes a sample",
    reply: machineSchema,
  },
  "GET /api/v1/machine/stream": {
    summary: "The last ten minutes as far as somebody has watched, and then each sample",
    events: { machine: machineSchema, sample: sampleSchema, disks: z.array(diskSchema) },
  },
  "GET /metrics": { summary: "All metrics as text, for Prometheus", type: CONTENT_TYPE },
};
