// Prints the milliseconds from the last orphan until none is left unreaped.
import { allPids, notes, statFields, until } from "./processes.ts";

function zombies(): boolean {
  return allPids().some((pid) => {
    try {
      return statFields(pid)[0] === "Z";
    } catch {
      return false;
    }
  });
}

await until(() => notes("/run/ends").length > 0);
const ended = performance.now();
await until(() => !zombies());
console.log(performance.now() - ended);
