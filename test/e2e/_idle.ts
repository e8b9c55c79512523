import type { IdleState } from "../../src/control/idle.ts";
import { type Container, waitFor } from "./harness.ts";

/** Of a container whose limit is some seconds: looks come twice a second or so, and tests use its processors. */
export const quick = { AI_DOCK_IDLE_CPU: "off", AI_DOCK_IDLE_WARNING: "0.1" };

export async function idleState(container: Container): Promise<IdleState> {
  return JSON.parse(await container.sh("ai-dock idle --json")) as IdleState;
}

/** Waits until the container is busy with what the text says, or with nothing but the rest. */
export async function waitBusy(container: Container, text: string | RegExp, is = true): Promise<IdleState> {
  let last: IdleState | undefined;
  return await waitFor(
    async () => {
      last = await idleState(container);
      const texts = last.busy.map(({ source, detail }) => `${source}: ${detail}`);
      const isFound = texts.some((one) => (typeof text === "string" ? one.includes(text) : text.test(one)));
      return isFound === is && last;
    },
    {
      what: `${is ? "" : "no "}${String(text)} among the activity`,
      detail: () => JSON.stringify(last, null, 2),
    },
  );
}
