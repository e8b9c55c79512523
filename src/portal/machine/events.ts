import { eventStream } from "../http/sse.ts";
import type { Machine } from "./machine.ts";

const DISKS_MILLISECONDS = 15_000;

/** Answers with what is known of the machine, and then with each sample, and the disks now and then. */
export function machineEvents(machine: Machine): Response {
  return eventStream(async (sink) => {
    sink.send("machine", await machine.state());
    const stop = machine.watch((sample) => sink.send("sample", sample));
    const again = setInterval(() => void sendDisks(), DISKS_MILLISECONDS);
    const sendDisks = async () => sink.send("disks", (await machine.state()).disks);
    await sink.over;
    clearInterval(again);
    stop();
  });
}
