// Waits for COUNT programs; prints the milliseconds until the last has started, from the birth of process 1 (which is the
// start of the container; in steps of 10 ms) and from the exec of the supervisor.
import { birth, notes, until } from "./processes.ts";

export interface Started {
  fromContainer: number;
  fromExec: number;
}

const count = Number(process.argv[2]);
const POLL_MILLISECONDS = 20;

await until(() => notes("/run/starts").length >= count, POLL_MILLISECONDS);
const last = Math.max(...notes("/run/starts").map(({ at }) => at)) / 1e6;
const exec = (notes("/run/begin")[0]?.at ?? Number.NaN) / 1e6;
const result: Started = { fromContainer: last - birth(1), fromExec: last - exec };
console.log(JSON.stringify(result));
