import { z } from "zod";
import { once } from "../machine/once.ts";
import { diskSchema, machineSchema, sampleSchema } from "../machine/schema.ts";
import { json } from "../http/respond.ts";
import { live } from "./live.ts";
import type { Route } from "./route.ts";

/** The part of the API that tells what the container uses. */
export const machineRoutes: Record<string, Route> = {
  "GET /api/v1/machine": {
    summary: "What the container uses and may use; takes a sample",
    reply: machineSchema,
    handle: async ({ context: { machine } }) => {
      await once(machine);
      return json(await machine.state());
    },
  },
  "GET /api/v1/machine/stream": {
    summary: "The last ten minutes as far as somebody has watched, and then each sample",
    events: { machine: machineSchema, sample: sampleSchema, disks: z.array(diskSchema) },
    handle: live["GET /api/v1/machine/stream"],
  },
};
