// Waits for COUNT notes in a file; prints the milliseconds from the start of the supervisor to the last.
import { notes, until } from "./processes.ts";

const [path = "", count] = process.argv.slice(2);
await until(() => notes(path).length >= Number(count), 10);
const [begin = 0] = notes("/run/begin");
console.log((Math.max(...notes(path)) - begin) / 1e6);
