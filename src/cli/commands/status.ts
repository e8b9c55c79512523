import { defineCommand } from "citty";
import { control } from "../../control/client.ts";
import { ExitCode } from "../../errors.ts";
import { programId } from "../../programs/spec.ts";
import { findByName } from "../../supervisor/names.ts";
import type { ProgramStatus } from "../../supervisor/status.ts";
import type { Command } from "../index.ts";
import { print, printJson, style } from "../print.ts";

const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ai-dock status",
      description: "State of the programs; exit code 3 when one that was asked for is not running",
    },
    args: {
      name: { type: "positional", required: false, description: "NAME…, GROUP:* or all" },
      json: { type: "boolean", description: "Print JSON" },
    },
  }),
  async run({ _: names, json }: { _: string[]; json?: boolean }) {
    const { phase, programs } = await control.status();
    const chosen = names.length === 0 ? programs : names.flatMap((name) => findByName(programs, name));
    if (json) printJson(chosen);
    else printTable(phase, chosen);
    return names.length === 0 || chosen.every(isRunning) ? ExitCode.ok : ExitCode.notRunning;
  },
};

export default command;

function isRunning({ state }: ProgramStatus): boolean {
  return state === "RUNNING" || state === "STARTING";
}

function printTable(phase: string, programs: ProgramStatus[]): void {
  if (phase !== "running") print(style("yellow", `The container is ${phase}; see: ai-dock logs -f`));
  if (programs.length === 0 && phase === "running") print("No programs");
  const width = Math.max(0, ...programs.map((program) => programId(program).length));
  for (const program of programs) {
    const state = style(stateStyle(program), program.state.padEnd(8));
    print(`${programId(program).padEnd(width)}  ${state}  ${describe(program)}`.trimEnd());
  }
}

function stateStyle({ state, ready }: ProgramStatus) {
  if (state === "RUNNING") return ready ? "green" : "yellow";
  if (state === "FATAL" || state === "BACKOFF") return "red";
  return state === "STARTING" || state === "STOPPING" ? "yellow" : "dim";
}

function describe({ pid, uptime_s, ready, restarts, reason, state, exit_code }: ProgramStatus): string {
  const parts = [
    pid === null ? undefined : `pid ${pid}`,
    uptime_s === null ? undefined : `up ${formatDuration(uptime_s)}`,
    state === "RUNNING" ? (ready ? "ready" : "not ready") : undefined,
    restarts > 0 ? `${restarts} ${restarts === 1 ? "restart" : "restarts"}` : undefined,
    reason ?? (state === "EXITED" && exit_code !== null ? `exit code ${exit_code}` : undefined),
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}

function formatDuration(seconds: number): string {
  const whole = Math.floor(seconds);
  const days = Math.floor(whole / 86_400);
  const clock = [Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60]
    .map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, "0")))
    .join(":");
  return days > 0 ? `${days}d ${clock}` : clock;
}
