import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { watchAnnouncements } from "../../../src/features/web/announcements.ts";
import { errnoOf } from "../../../src/errors.ts";
import { Inotify } from "../../../src/sys/inotify.ts";

/** Runs as a user whose inotify instances are all taken at first, as on a host with many containers. */

const [directory = ""] = process.argv.slice(2);
const taken: Inotify[] = [];
try {
  for (;;) taken.push(new Inotify());
} catch (error) {
  console.log(errnoOf(error));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(5);
}

let told = "";
const end = watchAnnouncements(() => (told = readdirSync(directory).toSorted().join(" ")), directory, 50);
writeFileSync(join(directory, "8188"), "");
await until(() => told === "8188");
console.log("blind", told);

for (const one of taken) one[Symbol.dispose]();
writeFileSync(join(directory, "8189"), "");
await until(() => told === "8188 8189");
console.log("later", told);
end();
