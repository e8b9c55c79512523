import type { Program } from "../store.ts";

const kinds: Record<Program["state"], string> = {
  RUNNING: "good",
  STARTING: "busy",
  STOPPING: "busy",
  BACKOFF: "warn",
  FATAL: "bad",
  EXITED: "off",
  STOPPED: "off",
};

/** The state of a program by word and colour. */
export function StatePill({ program }: { program: Pick<Program, "state" | "ready"> }) {
  const waits = program.state === "RUNNING" && !program.ready;
  return (
    <span class={`pill ${waits ? "busy" : kinds[program.state]}`}>{waits ? "NOT READY" : program.state}</span>
  );
}
