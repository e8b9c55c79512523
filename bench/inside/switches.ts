// Prints the context switches of each thread of the supervisor so far, and the time of that in milliseconds.
import { readdirSync, readFileSync } from "node:fs";
import { supervisorPids } from "./processes.ts";

export interface Switches {
  byThread: Record<string, number>;
  at: number;
}

function switchesOf(thread: string): number {
  const counts = readFileSync(thread, "utf8").matchAll(/ctxt_switches:\s+(\d+)/g);
  return [...counts].reduce((total, match) => total + Number(match[1]), 0);
}

const threads = supervisorPids().flatMap((pid) =>
  readdirSync(`/proc/${pid}/task`).map((task) => `/proc/${pid}/task/${task}/status`),
);
const result: Switches = {
  byThread: Object.fromEntries(threads.map((thread) => [thread, switchesOf(thread)])),
  at: performance.timeOrigin + performance.now(),
};
console.log(JSON.stringify(result));
