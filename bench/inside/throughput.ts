// Waits for the end of the writer; prints seconds of its writing, and processor seconds of the supervisor.
import { cpuMilliseconds, notes, supervisorPids, until } from "./processes.ts";

await until(() => notes("/run/ends").length > 0, 10);
// What it has written last is still on its way.
await Bun.sleep(500);
const [start = 0] = notes("/run/starts");
const [end = 0] = notes("/run/ends");
const cpu = supervisorPids().reduce((total, pid) => total + cpuMilliseconds(pid), 0) / 1000;
console.log(JSON.stringify({ seconds: (end - start) / 1e9, cpu }));
