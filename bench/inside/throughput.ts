// Lets the writers begin that wait for NAME, once the supervisor is at rest, and waits for their end and for the arrival
// of LINES at the reader (0: nobody reads): throughput.ts NAME TIME WRITERS LINES. Prints milliseconds of the writing, those
// until the last byte has arrived, the supervisor's processor milliseconds, the time of day of the beginning in
// nanoseconds, and what has arrived.
import { writeFileSync } from "node:fs";
import { type Arrival, arrival } from "./arrival.ts";
import { notes, supervisorCpu, until, untilQuiet } from "./processes.ts";

export interface Throughput {
  writing: number;
  arriving: number;
  cpu: number;
  date: number;
  arrived: Arrival;
}

const ARRIVED = "/run/arrived";
const POLL_MILLISECONDS = 20;
/** A reader that gets nothing for so long gets nothing more. */
const STALLED_MILLISECONDS = 5000;

const [name = "", time = "", ...numbers] = process.argv.slice(2);
const [writers = 1, lines = 0] = numbers.map(Number);

/** Waits for the lines; whoever misses some sees it in the counts. */
async function untilArrived(): Promise<void> {
  let bytes = -1;
  let progress = performance.now();
  await until(() => {
    const now = arrival(ARRIVED);
    if (now.bytes !== bytes) [bytes, progress] = [now.bytes, performance.now()];
    return now.whole + now.torn >= lines || performance.now() - progress > STALLED_MILLISECONDS;
  }, POLL_MILLISECONDS);
}

await until(() => notes("/run/starts").length >= writers, POLL_MILLISECONDS);
await untilQuiet();
const before = { cpu: supervisorCpu(), ends: notes("/run/ends").length };
writeFileSync(`/run/go.${name}.${time}`, "");
await until(() => notes("/run/ends").length >= before.ends + writers, POLL_MILLISECONDS);
if (lines > 0) await untilArrived();
await untilQuiet();
const cpu = supervisorCpu() - before.cpu;
const arrived = lines > 0 ? arrival(ARRIVED) : { whole: 0, torn: 0, disordered: 0, bytes: 0, last: 0 };
const begins = notes("/run/writes").slice(before.ends);
const begin = Math.min(...begins.map(({ at }) => at));
const end = Math.max(
  ...notes("/run/ends")
    .slice(before.ends)
    .map(({ at }) => at),
);
const result: Throughput = {
  writing: (end - begin) / 1e6,
  arriving: (Math.max(end, arrived.last) - begin) / 1e6,
  cpu,
  date: Math.min(...begins.map(({ date }) => date)),
  arrived,
};
console.log(JSON.stringify(result));
