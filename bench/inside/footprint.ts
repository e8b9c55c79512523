// Prints memory now, and processor time and context switches of the next SECONDS, of the supervisor's processes.
import { readdirSync, readFileSync } from "node:fs";
import { cpuMilliseconds, supervisorPids } from "./processes.ts";

const seconds = Number(process.argv[2]);
const pids = supervisorPids();

function sum(read: (pid: number) => number): number {
  return pids.reduce((total, pid) => total + read(pid), 0);
}

function memory(pid: number, field: string): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0) / 1024;
}

/** Of every thread, by its number. */
function switches(): Map<string, number> {
  const threads = pids.flatMap((pid) =>
    readdirSync(`/proc/${pid}/task`).map((task) => `/proc/${pid}/task/${task}/status`),
  );
  return new Map(
    threads.map((path) => {
      const counts = [...readFileSync(path, "utf8").matchAll(/ctxt_switches:\s+(\d+)/g)];
      return [path, counts.reduce((total, match) => total + Number(match[1]), 0)];
    }),
  );
}

const before = { cpu: sum(cpuMilliseconds), switches: switches() };
await Bun.sleep(seconds * 1000);
console.log(
  JSON.stringify({
    pss: sum((pid) => memory(pid, "Pss")),
    dirty: sum((pid) => memory(pid, "Private_Dirty")),
    cpu: sum(cpuMilliseconds) - before.cpu,
    switches: [...switches()].reduce(
      (total, [path, count]) => total + count - (before.switches.get(path) ?? 0),
      0,
    ),
  }),
);
