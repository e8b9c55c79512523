// Prints how many milliseconds the given command takes until none of the programs runs any more.
import { readdirSync, readlinkSync } from "node:fs";
import { until } from "./processes.ts";

function anyProgram(): boolean {
  return readdirSync("/proc").some((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/exe`) === "/programs/probe";
    } catch {
      return false;
    }
  });
}

const started = performance.now();
Bun.spawn(process.argv.slice(2), { stdout: "ignore", stderr: "ignore" });
await until(() => !anyProgram(), 5);
console.log(performance.now() - started);
