// Kills every program once; prints the milliseconds until its successor runs, each time.
import { notes, until } from "./processes.ts";

const times: number[] = [];
for (const { pid } of notes("/run/starts")) {
  const count = notes("/run/starts").length;
  const killed = performance.now();
  process.kill(pid, "SIGKILL");
  await until(() => notes("/run/starts").length > count, 0);
  times.push(performance.now() - killed);
}
console.log(JSON.stringify(times));
