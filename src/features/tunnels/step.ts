import { mkdirSync } from "node:fs";
import type { Step } from "../step.ts";
import { PORTS_DIRECTORY } from "../web/announcements.ts";

/**
 * Makes the directory of announcements, which hooks and programs of such images expect. One that is there keeps its owner
 * and mode: images let other users announce, and nothing in it is trusted.
 */
export const tunnelsStep: Step = {
  name: "tunnels",
  async run() {
    try {
      mkdirSync(PORTS_DIRECTORY, { recursive: true });
    } catch {
      // A read-only /run: nothing can be announced.
    }
    return undefined;
  },
};
