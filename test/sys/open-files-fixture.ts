/** Prints the limits of open files of a child and of this process, `open-files-fixture.ts SOFT HARD OPEN`. */
import { openSync, readFileSync } from "node:fs";
import { spawnChild } from "../../src/sys/children.ts";
import { raiseOpenFiles, setOpenFilesLimit } from "../../src/sys/open-files.ts";

const [soft, hard, open] = process.argv.slice(2).map(Number) as [number, number, number];
// As a container starts us; Bun itself, unlike our binary, has raised the limit by now.
setOpenFilesLimit(BigInt(soft), BigInt(hard));
raiseOpenFiles();
for (let opened = 0; opened < open; opened++) openSync("/dev/null", "r");
const child = spawnChild({
  command: ["/bin/sh", "-c", "ulimit -Sn; ulimit -Hn"],
  env: {},
  stdout: "pipe",
  stderr: "inherit",
});
const own = /^Max open files +(\d+) +(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1"));
const text = await child.stdout.text();
process.stdout.write(
  JSON.stringify({ child: text.trim().split("\n").map(Number), own: own?.slice(1).map(Number) }),
);
