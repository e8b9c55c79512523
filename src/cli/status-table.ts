import { control } from "../control/client.ts";
import type { StatusReply } from "../control/replies.ts";
import { daysAndClock } from "../control/rpc/info.ts";
import { programId } from "../programs/names.ts";
import type { ProgramStatus } from "../supervisor/status.ts";
import { idleLine } from "./idle-line.ts";
import { style, type Style, tableLines } from "./print.ts";
import { redraw } from "./screen.ts";

/** How often a watched status is asked for; uptimes are shown in seconds. */
const INTERVAL_MILLISECONDS = 1000;

/** The lines of `ai-dock status`, one a program. */
export function statusTable(
  {
    phase,
    boot,
    notices,
    idle,
  }: Pick<StatusReply, "phase" | "boot" | "notices"> & Partial<Pick<StatusReply, "idle">>,
  programs: ProgramStatus[],
  now = Date.now(),
): string[] {
  const lines: string[] = [];
  const seconds = boot === null ? 0 : Math.max(0, (now - boot.since) / 1000);
  const step = boot === null ? "" : ` (${boot.step}, for ${formatDuration(seconds)})`;
  if (phase !== "running")
    lines.push(style("yellow", `The container is ${phase}${step}; see: ai-dock logs -f`));
  for (const { severity, message } of notices) lines.push(style(severityStyle[severity], message));
  const use = idleLine(idle, now);
  if (use !== undefined) lines.push(style("dim", use));
  if (programs.length === 0 && phase === "running") lines.push("No programs");
  const rows = tableLines(programs, [
    { text: programId },
    { text: ({ state }) => state.padEnd("STARTING".length), style: stateStyle },
    { text: details },
  ]);
  return [...lines, ...rows];
}

const severityStyle = { info: "cyan", warning: "yellow", error: "red" } as const;

function stateStyle({ state, ready }: ProgramStatus): Style {
  if (state === "RUNNING") return ready ? "green" : "yellow";
  if (state === "FATAL" || state === "BACKOFF") return "red";
  return state === "STARTING" || state === "STOPPING" ? "yellow" : "dim";
}

function details({ pid, uptime_s, ready, restarts, reason, note, state, exit_code }: ProgramStatus): string {
  const parts = [
    pid === null ? undefined : `pid ${pid}`,
    uptime_s === null ? undefined : `up ${formatDuration(uptime_s)}`,
    state === "RUNNING" ? (ready ? "ready" : "not ready") : undefined,
    restarts > 0 ? `${restarts} ${restarts === 1 ? "restart" : "restarts"}` : undefined,
    note ?? undefined,
    reason ?? (state === "EXITED" && exit_code !== null ? `exit code ${exit_code}` : undefined),
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}

function formatDuration(seconds: number): string {
  const { days, clock } = daysAndClock(seconds);
  return days > 0 ? `${days}d ${clock}` : clock;
}

/** Shows lines on the terminal and redraws them every second, until a signal or until the supervisor has gone (AiDockError). */
export async function watchLines(lines: (status: StatusReply) => string[]): Promise<never> {
  return await redraw(INTERVAL_MILLISECONDS, async () => lines(await control.status()));
}

/** Without a terminal: calls `show` with every status that differs from the previous one in more than uptime. */
export async function watchChanges(show: (status: StatusReply) => void): Promise<never> {
  let last = "";
  for (;;) {
    const status = await control.status();
    const key = JSON.stringify(status, (name, value: unknown) => (name === "uptime_s" ? undefined : value));
    if (key !== last) show(status);
    last = key;
    await Bun.sleep(INTERVAL_MILLISECONDS);
  }
}
