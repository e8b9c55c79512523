// Prints the milliseconds from the last orphan until none is left unreaped.
import { readdirSync } from "node:fs";
import { notes, statFields, until } from "./processes.ts";

function zombies(): boolean {
  return readdirSync("/proc").some((name) => {
    try {
      return /^\d+$/.test(name) && statFields(Number(name))[0] === "Z";
    } catch {
      return false;
    }
  });
}

await until(() => notes("/run/ends").length > 0);
const ended = performance.now();
await until(() => !zombies());
console.log(performance.now() - ended);
