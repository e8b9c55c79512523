import type { IdleState } from "../../src/control/idle.ts";
import { type Container, waitFor } from "./harness.ts";

/** Of a container whose limit is some seconds: looks come twice a second or so, and tests use its processors. */
export const quick = { AI_DOCK_IDLE_CPU: "off", AI_DOCK_IDLE_WARNING: "0.1" };

export async function idleState(container: Container): Promise<IdleState> {
  return JSON.parse(await container.sh("ai-dock idle --json")) as IdleState;
}

/** The same for who waits until processors are idle: each look takes some time of them. */
export async function idleStateLater(container: Container): Promise<IdleState> {
  await Bun.sleep(2000);
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
 * Waits until the guard has seen what `act` does. What lasts a single look is not missed, however busy the machine is: the
 * container itself asks again and again, and that is paused with the container.
 */
export async function waitSeen(
  container: Container,
  detail: string,
  act: () => Promise<unknown>,
): Promise<void> {
  const asks = `/tmp/asks-${crypto.randomUUID()}`;
  const ask = `ai-dock idle --json | grep -qE '"detail": "${detail}'`;
  const seen = container.exec([
    "timeout",
    "150",
    "sh",
    "-c",
    `until ${ask}; do touch ${asks}; sleep 0.02; done`,
  ]);
  await waitFor(async () => (await container.exec(["test", "-e", asks])).code === 0);
  await act();
  const { code } = await seen;
  if (code === 0) return;
  throw new Error(`Waited in vain for ${detail}: ${JSON.stringify(await idleState(container), null, 2)}`);
}
