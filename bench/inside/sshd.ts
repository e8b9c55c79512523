// Kills sshd once it has served for a while; prints the milliseconds until its successor sends a banner.
import { readFileSync } from "node:fs";
import { banner } from "./banner.ts";
import { allPids } from "./processes.ts";

/** Long enough for any supervisor to call the start a success. */
const SERVED_MILLISECONDS = 3000;

function isServer(pid: number): boolean {
  try {
    return /sshd\b.*\[listener\]/.test(readFileSync(`/proc/${pid}/cmdline`, "latin1"));
  } catch {
    return false;
  }
}

await banner("127.0.0.1", 22);
await Bun.sleep(SERVED_MILLISECONDS);
const server = allPids().find(isServer);
if (server === undefined) throw new Error("No sshd that listens");
const killed = performance.now();
process.kill(server, "SIGKILL");
await banner("127.0.0.1", 22);
console.log(performance.now() - killed);
