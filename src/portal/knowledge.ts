import type { Credentials, PortalState } from "../control/portal/protocol.ts";
import { messageOf } from "../errors.ts";
import { logger } from "../log.ts";
import type { Knowledge } from "./context.ts";
import { readEvents } from "./event-reader.ts";
import type { Link } from "./link.ts";

const FIRST_RETRY_MILLISECONDS = 100;
const LONGEST_RETRY_MILLISECONDS = 2000;

const log = logger("portal");

/** Keeps what PID 1 tells of the container; while PID 1 does not answer, nothing is known, and nobody gets in. */
export class LiveKnowledge implements Knowledge {
  credentials: Credentials | undefined;
  state: PortalState | undefined;
  readonly #watchers = new Set<(state: PortalState) => void>();

  watch(onState: (state: PortalState) => void): () => void {
    this.#watchers.add(onState);
    if (this.state !== undefined) onState(this.state);
    return () => this.#watchers.delete(onState);
  }

  /** Follows PID 1 until aborted, and begins again whenever the connection ends. */
  async follow(link: Link, signal: AbortSignal): Promise<void> {
    let retry = FIRST_RETRY_MILLISECONDS;
    while (!signal.aborted) {
      try {
        const { body, ok, status } = await link.events(signal);
        if (!ok || body === null) throw new Error(`HTTP status ${status}`);
        this.credentials = await link.credentials();
        retry = FIRST_RETRY_MILLISECONDS;
        for await (const { event, data } of readEvents(body)) {
          if (event === "credentials") this.credentials = await link.credentials();
          if (event === "state") this.#take(JSON.parse(data) as PortalState);
        }
      } catch (error) {
        if (!signal.aborted) log.warn(`the supervisor does not answer (${messageOf(error)}); trying again`);
      }
      this.credentials = undefined;
      this.state = undefined;
      if (signal.aborted) return;
      await Bun.sleep(retry);
      retry = Math.min(2 * retry, LONGEST_RETRY_MILLISECONDS);
    }
  }

  #take(state: PortalState): void {
    this.state = state;
    for (const watcher of this.#watchers) watcher(state);
  }
}
