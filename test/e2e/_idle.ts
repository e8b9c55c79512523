import type { IdleState } from "../../src/control/idle.ts";
import { type Container, type Result, waitFor } from "./harness.ts";

/** Of a container whose limit is some seconds: looks come twice a second or so, and tests use its processors. */
export const quick = { AI_DOCK_IDLE_CPU: "off", AI_DOCK_IDLE_WARNING: "0.1" };

/** Longer than the time between two looks of such a container, so that there is one without. */
const AGAIN_MILLISECONDS = 3000;

export async function idleState(container: Container): Promise<IdleState> {
  return JSON.parse(await container.sh("ai-dock idle --json")) as IdleState;
}

/** The same, some looks of the guard later: it sees nothing of the processor time that asking for the state takes. */
export async function idleStateLater(container: Container): Promise<IdleState> {
  await Bun.sleep(4000);
  return await idleState(container);
}

/** Waits until the container is busy with what the text says, or with nothing but the rest. */
export async function waitBusy(
  container: Container,
  text: string | RegExp,
  is = true,
  look = idleState,
): Promise<IdleState> {
  let last: IdleState | undefined;
  return await waitFor(
    async () => {
      last = await look(container);
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

/** Waits for so many looks more; the states after them, with the same look several times. */
export async function waitLooks(container: Container, looks: number): Promise<IdleState[]> {
  const first = await idleState(container);
  const states: IdleState[] = [];
  await waitFor(
    async () => {
      const state = await idleState(container);
      if (state.looked > first.looked) states.push(state);
      return new Set(states.map(({ looked }) => looked)).size >= looks;
    },
    { what: `${looks} looks`, detail: () => JSON.stringify(states, null, 2) },
  );
  return states;
}

/**
 * Waits until the guard has seen what `act` does, again and again until then. What lasts a single look is soon seen, however
 * busy the machine is: the container itself asks all the time, and that is paused with the container.
 */
export async function waitSeen(
  container: Container,
  detail: string,
  act: () => Promise<unknown>,
): Promise<void> {
  const asks = `/tmp/asks-${crypto.randomUUID()}`;
  const ask = `ai-dock idle --json | grep -qE '"detail": "${detail}'`;
  const script = `until ${ask}; do : >${asks}; done`;
  const seen = container.exec(["timeout", "150", "sh", "-c", script]);
  await waitFor(async () => (await container.exec(["test", "-e", asks])).code === 0, {
    what: "the first question",
  });
  let result: Result | void = undefined;
  while (result === undefined) {
    await act();
    result = await Promise.race([seen, Bun.sleep(AGAIN_MILLISECONDS)]);
  }
  if (result.code === 0) return;
  throw new Error(`Waited in vain for ${detail}: ${JSON.stringify(await idleState(container), null, 2)}`);
}
