// Prints the memory of the supervisor's processes, in MB.
import { readFileSync } from "node:fs";
import { supervisorPids } from "./processes.ts";

export interface Memory {
  pss: number;
  dirty: number;
}

function sum(field: string): number {
  const kilobytes = supervisorPids().map((pid) => {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    return Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
  });
  return kilobytes.reduce((total, one) => total + one, 0) / 1024;
}

const result: Memory = { pss: sum("Pss"), dirty: sum("Private_Dirty") };
console.log(JSON.stringify(result));
