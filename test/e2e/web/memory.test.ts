import { expect, test } from "bun:test";
import { boot, type Container, waitFor } from "../harness.ts";

const programs = {
  "app.conf": "[program:app]\ncommand=sleep infinity\nweb_port=8188\n",
  "noisy.conf":
    "[program:noisy]\ncommand=bash -c 'seq -f \"line %%g of what may well be a log of an app\" 30000; exec sleep infinity'\n",
};

const TOKEN = "s3cret-token";
/** PID 1 is looked at for so long, with nothing to do, before anybody clicks. */
const REST_SECONDS = 20;

interface Memory {
  pss: number;
  dirty: number;
}

/** Megabytes of a process. */
async function memoryOf(container: Container, pattern: string): Promise<Memory> {
  const text = await container.sh(`cat /proc/$(pgrep -f -o '${pattern}')/smaps_rollup`);
  const of = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB`, "m").exec(text)?.[1]) / 1024;
  return { pss: of("Pss"), dirty: of("Private_Dirty") };
}

const init = (container: Container) => memoryOf(container, "^/usr/local/bin/ai-dock init");
const portal = (container: Container) => memoryOf(container, "ai-dock portal --listen");

/** What goes on until the reader leaves. */
const endless = /events|stream/;

/** What pages ask for, as with a click on each of them. */
const paths = [
  "state",
  "token",
  "environment",
  "doctor",
  "openapi.json",
  "logs",
  "machine",
  "events",
  "machine/stream",
  "logs/stream?lines=20000",
  "logs/stream?name=noisy&lines=20000",
  "logs/search?pattern=199",
  "logs/download?name=noisy",
];

test("what a click through all pages takes of the portal and of PID 1 is given back", async () => {
  await using container = await boot({ env: { WEB_TOKEN: TOKEN }, programs, capAdd: ["SYS_PTRACE"] });
  await container.waitReady();
  // Memory of the boot is given back, too; then it goes up and down by some hundred kilobytes from one collection to the next.
  let [before, last] = [await init(container), Number.POSITIVE_INFINITY];
  await waitFor(
    async () => {
      last = before.dirty;
      before = await init(container);
      await Bun.sleep(1000);
      return Math.abs(last - before.dirty) < 0.1;
    },
    { what: "PID 1 at rest" },
  );
  for (let second = 0; second < REST_SECONDS; second++) {
    const at = await init(container);
    if (at.dirty > before.dirty) before = at;
    await Bun.sleep(1000);
  }
  const get = (path: string) => {
    const ask = `curl -sN -o /dev/null -D /tmp/headers -m 60 -H 'Authorization: Bearer ${TOKEN}' 'http://127.0.0.1:1111/api/v1/${path}'`;
    // A reader of what has no end stays for two seconds.
    const leave = `& until [ -s /tmp/headers ] || ! kill -0 $!; do sleep 0.05; done; sleep 2; kill $!`;
    const status = `awk 'NR == 1 { print $2 }' /tmp/headers`;
    return container.sh(`rm -f /tmp/headers; ${ask} ${endless.test(path) ? leave : ""}; ${status}`);
  };
  for (let round = 0; round < 2; round++)
    for (const path of paths) expect([path, await get(path)]).toEqual([path, "200"]);
  let now: { portal: Memory; init: Memory } | undefined;
  await waitFor(
    async () => {
      now = { portal: await portal(container), init: await init(container) };
      return now.portal.dirty <= 8 && now.portal.pss <= 45 && now.init.dirty <= before.dirty + 1;
    },
    { what: "the memory of before", detail: () => JSON.stringify({ before, now }) },
  );
});
