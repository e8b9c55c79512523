// Kills every program once; prints the milliseconds until its successor runs, each time.
import { readFileSync } from "node:fs";
import { notes, until } from "./processes.ts";

const times: number[] = [];
const pids = readFileSync("/run/starts", "utf8")
  .trim()
  .split("\n")
  .map((line) => Number(line.split(" ")[1]));
for (const pid of pids) {
  const count = notes("/run/starts").length;
  const killed = performance.now();
  process.kill(pid, "SIGKILL");
  await until(() => notes("/run/starts").length > count, 0);
  times.push(performance.now() - killed);
}
console.log(JSON.stringify(times));
