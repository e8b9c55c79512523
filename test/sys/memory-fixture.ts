/** Gives memory back and goes on working; prints resident kB of files before and after, and what the work came to. */
import { readFileSync } from "node:fs";
import { pipe } from "../../src/sys/pipes.ts";
import { releaseMemory } from "../../src/sys/memory.ts";

function residentFileKilobytes(): number {
  return Number(/^RssFile:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1]);
}

function work(): number {
  const words = Array.from({ length: 5000 }, (_, index) => `word-${index}`);
  const sorted = JSON.parse(JSON.stringify(words))
    .toSorted()
    .join(" ")
    .replaceAll(/\d+/g, (text: string) => text);
  const { read, write } = pipe();
  return sorted.split(" ").length + Math.sign(read) + Math.sign(write);
}

const before = { file: residentFileKilobytes(), work: work() };
releaseMemory();
let file = before.file;
while (file >= before.file / 2) {
  await Bun.sleep(20);
  file = residentFileKilobytes();
}
// Garbage collection, compiled code and libraries, all on pages that have to come back.
for (let round = 0; round < 20; round++) work();
Bun.gc(true);
const { stdout } = Bun.spawnSync(["/bin/echo", "child"]);
console.log(JSON.stringify({ same: work() === before.work, child: stdout.toString() }));
