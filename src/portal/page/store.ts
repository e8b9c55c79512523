import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { PortalState } from "../../control/portal/protocol.ts";
import { follow } from "./stream.ts";

export type Program = PortalState["programs"][number];
export type Service = PortalState["services"][number];

export interface Live {
  state: PortalState | undefined;
  /** When the state came, on the clock of performance.now(). */
  at: number;
  connected: boolean;
}

export const LiveContext = createContext<Live>({ state: undefined, at: 0, connected: true });

/** The state of the container, as it comes. */
export function useLive(): Live {
  return useContext(LiveContext);
}

/** Follows the state; used once, by the app. */
export function useEvents(): Live {
  const [live, setLive] = useState<Live>({ state: undefined, at: 0, connected: true });
  useEffect(
    () =>
      follow(() => "/events", {
        on: { state: (state: PortalState) => setLive({ state, at: performance.now(), connected: true }) },
        connected: (connected) => setLive((before) => ({ ...before, connected })),
      }),
    [],
  );
  return live;
}

/** The time, renewed every second, for what shows how long something lasts. */
export function useNow(): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
