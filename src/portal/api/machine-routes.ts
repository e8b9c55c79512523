import { z } from "zod";
import { once } from "../machine/once.ts";
import { diskSchema, machineSchema, sampleSchema } from "../machine/schema.ts";
import { json } from "../http/respond.ts";
import { eventStream } from "../http/sse.ts";
import type { Route } from "./route.ts";

const DISKS_MILLISECONDS = 15_000;

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
    handle: ({ context: { machine } }) =>
      eventStream(async (sink) => {
        sink.send("machine", await machine.state());
        const stop = machine.watch((sample) => sink.send("sample", sample));
        const again = setInterval(() => void sendDisks(), DISKS_MILLISECONDS);
        const sendDisks = async () => sink.send("disks", (await machine.state()).disks);
        await sink.over;
        clearInterval(again);
        stop();
      }),
  },
};
