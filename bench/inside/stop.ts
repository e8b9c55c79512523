// Prints how many milliseconds the given command takes until none of the programs runs any more.
import { allPids, isOfBench, until } from "./processes.ts";

function anyProgram(): boolean {
  return allPids().some((pid) => {
    try {
      return isOfBench(pid);
    } catch {
      return false;
    }
  });
}

const started = performance.now();
Bun.spawn(process.argv.slice(2), { stdout: "ignore", stderr: "ignore" });
await until(() => !anyProgram(), 5);
console.log(performance.now() - started);
