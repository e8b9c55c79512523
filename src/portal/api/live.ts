import type { PortalState } from "../../control/portal/protocol.ts";
import type { PortalContext } from "../context.ts";
import { json } from "../http/respond.ts";
import { eventStream } from "../http/sse.ts";

export interface LiveRequest {
  context: PortalContext;
  state: PortalState;
}

const DISKS_MILLISECONDS = 15_000;

/**
 * What pages ask for as long as they are open: apart from the other operations, as the schemas of those take megabytes.
 * Nothing of these requests has to be checked.
 */
export const live = {
  "GET /api/v1/state": ({ state }) => json(state),
  "GET /api/v1/events": ({ context }) =>
    eventStream(async (sink) => {
      const stop = context.knowledge.watch((state) => sink.send("state", state));
      await sink.over;
      stop();
    }),
  "GET /api/v1/machine/stream": ({ context: { machine } }) =>
    eventStream(async (sink) => {
      sink.send("machine", await machine.state());
      const stop = machine.watch((sample) => sink.send("sample", sample));
      const again = setInterval(() => void sendDisks(), DISKS_MILLISECONDS);
      const sendDisks = async () => sink.send("disks", (await machine.state()).disks);
      await sink.over;
      clearInterval(again);
      stop();
    }),
} satisfies Record<string, (request: LiveRequest) => Response>;

export function isLive(name: string): name is keyof typeof live {
  return Object.hasOwn(live, name);
}
