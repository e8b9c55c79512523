import type { ProgramStatus } from "../../../src/supervisor/status.ts";
import { noteTime, type Process } from "./observation.ts";
import { DEFAULT_LOGS, fileName, newProcess, type Side } from "./side.ts";

const LOG = `${DEFAULT_LOGS}/supervisor.log`;

export const ours: Side = {
  name: "ai-dock",
  argv: ["ai-dock", "init"],
  // At half time whoever waits for others is told to stop as well: late enough for the order to show.
  env: { DEBUG: "true", AI_DOCK_STOP_TIMEOUT: "110" },
  control: ["ai-dock"],
  look: `ai-dock status --json | tr -d '\\n' || true; echo; cat ${LOG}`,
  files(rows) {
    return Object.fromEntries(rows.map(({ text }, index) => [fileName(index, "conf"), text]));
  },
  /** What is left out is an error with the file's name in the log. */
  async refused(rows, container) {
    const log = await container.waitLog("ticker started");
    return new Set(
      rows
        .filter((_, index) => new RegExp(`error .*${fileName(index, "conf")}:\\d+:`).test(log))
        .map(({ name }) => name),
    );
  },
  read,
};

function read(seen: string): Map<string, Process> {
  const cut = seen.indexOf("\n");
  const processes = new Map<string, Process>();
  for (const status of JSON.parse(seen.slice(0, cut) || "[]") as ProgramStatus[]) {
    const { name, group, state, reason, exit_code, signal } = status;
    const process = newProcess();
    processes.set(`${group}:${name}`, process);
    if (state === "FATAL" && reason !== null) process.errors.push(reason);
    if (state === "STOPPED") process.stopEnd = exit_code ?? signal;
  }
  for (const line of seen.slice(cut + 1).split("\n")) {
    const [, time = "", id = "", text = ""] = /^(\S+) \w+ supervisor (\S+) (.*)$/.exec(line) ?? [];
    const process = processes.get(id.includes(":") ? id : `${id}:${id}`);
    if (process === undefined) continue;
    const [state = ""] = /^[A-Z]+(?= |$)/.exec(text) ?? [];
    if (state !== "") process.states.push(state);
    const [, pid] = /^started pid=(\d+)/.exec(text) ?? [];
    if (/^(?:started|ended)/.test(text))
      noteTime(process, pid === undefined ? "end" : "start", Date.parse(time));
    if (pid !== undefined) process.pids.push(Number(pid));
    const [, code, signal] = /^ended: (?:exit code (\d+)|killed by SIG(\w+))/.exec(text) ?? [];
    if (code !== undefined) process.ends.push(Number(code));
    if (signal !== undefined) process.ends.push(signal);
  }
  return processes;
}
