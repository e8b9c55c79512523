import { meaningOfXid, type XidMeaning } from "../features/gpus/xid.ts";
import { logger } from "../log.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { messageOf } from "../errors.ts";
import { type LastEvents, writeLastEvents } from "../sys/gpus/events.ts";
import { watchGpuEvents } from "../sys/gpus/event-watch.ts";
import type { GpuEvent } from "../sys/gpus/protocol.ts";

const log = logger("gpus");

/** A program that fails again and again has the same event each time. */
const QUIET_MILLISECONDS = 60_000;

const RANK = { info: 0, warning: 1, error: 2 } as const;

export interface GpuEventOptions {
  supervisor: Supervisor;
  /** Called with an id for the notice and with what happened, when a GPU is lost by it. */
  onLoss: (id: string, problem: string) => void;
}

/**
 * Tells error events (Xid) of NVIDIA's GPUs, each as a line of the log; those of the GPU itself stand in the status until the
 * container ends. The result ends it.
 */
export function tellGpuEvents({ supervisor, onLoss }: GpuEventOptions): () => void {
  const last: LastEvents = {};
  const worst = new Map<string, XidMeaning["severity"]>();
  const quietUntil = new Map<string, number>();
  save(last);
  const tell = ({ index, pci, name, code }: GpuEvent) => {
    const meaning = meaningOfXid(code);
    const { severity, isLoss, text } = meaning;
    const who = index === null ? "a GPU" : `GPU ${index} (${name})`;
    const message = `Xid ${code} of ${who}: ${text}`;
    const key = `${who} ${code}`;
    if (performance.now() < (quietUntil.get(key) ?? 0)) return;
    quietUntil.set(key, performance.now() + QUIET_MILLISECONDS);
    if (pci !== null) {
      last[pci] = { code, time: Date.now() };
      save(last);
    }
    if (isLoss) return onLoss(`xid-loss-${index ?? "gpu"}`, message);
    if (severity === "error") log.error(message);
    else log.warn(message);
    // What a program did wrong is over; of what the GPU has, the worst stands.
    if (severity === "info" || RANK[severity] < RANK[worst.get(who) ?? "info"]) return;
    worst.set(who, severity);
    supervisor.notices.set(`xid-${index ?? "gpu"}`, { severity, message });
  };
  return watchGpuEvents({ onEvent: tell });
}

function save(events: LastEvents): void {
  try {
    writeLastEvents(events);
  } catch (error) {
    log.debug(`the last events of the GPUs are not kept: ${messageOf(error)}`);
  }
}
