import type { Machine } from "./machine.ts";
import type { Sample } from "./schema.ts";

/** Watches a machine until the next sample. */
export function once(machine: Machine): Promise<Sample> {
  return new Promise((resolve) => {
    const stop = machine.watch((sample) => {
      stop();
      resolve(sample);
    });
  });
}
