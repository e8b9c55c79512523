import { describe, expect, test } from "bun:test";
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { readEvents } from "../../src/portal/event-reader.ts";
import { type Portal, startPortal, until } from "./_portal.ts";

const headers = { Authorization: "Bearer token-one" };

/** Follows logs; `text` is what has come so far of all or of one. */
async function follow(portal: Portal, query: string, ready = "live") {
  const over = new AbortController();
  const { body, status } = await portal.send(`/api/v1/logs/stream?${query}`, {
    headers,
    signal: over.signal,
  });
  expect(status).toBe(200);
  const names: string[] = [];
  const events: { event: string; name: string; text: string; inode?: number; offset?: number }[] = [];
  const reading = (async () => {
    for await (const { event, data } of readEvents(body as ReadableStream<Uint8Array>)) {
      const fields = JSON.parse(data) as {
        log: number;
        name: string;
        stream: string;
        text?: string;
        inode?: number;
        offset?: number;
      };
      if (event === "log") names[fields.log] = fields.name + (fields.stream === "stderr" ? "!" : "");
      events.push({ ...fields, event, name: names[fields.log] ?? "", text: fields.text ?? "" });
    }
  })().catch(() => undefined);
  const follower = {
    names,
    events,
    text: (name?: string) =>
      events
        .filter((one) => one.event === "text" && (name === undefined || one.name === name))
        .map(({ text }) => text)
        .join(""),
    has: (event: string) => events.some((one) => one.event === event),
    async [Symbol.asyncDispose]() {
      over.abort();
      await reading;
    },
  };
  await until(() => follower.has(ready));
  return follower;
}

const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}\n`).join("");

describe("following", () => {
  test("begins with the last lines and goes on by increments", async () => {
    await using portal = await startPortal();
    const path = join(portal.directory, "app.log");
    writeFileSync(path, lines(1, 1000));
    await using log = await follow(portal, "name=app&lines=3");
    expect(log.text()).toBe(lines(998, 1000));
    appendFileSync(path, "more");
    await until(() => log.text().endsWith("more"));
    appendFileSync(path, " and more\n");
    await until(() => log.text().endsWith("more and more\n"));
    expect(log.text()).toBe(`${lines(998, 1000)}more and more\n`);
  });

  test("an unfinished last line counts as a line", async () => {
    await using portal = await startPortal();
    writeFileSync(join(portal.directory, "app.log"), "one\ntwo\n 50%");
    await using log = await follow(portal, "name=app&lines=2");
    expect(log.text()).toBe("two\n 50%");
  });

  test("the last lines may lie in rotated files", async () => {
    await using portal = await startPortal();
    const path = join(portal.directory, "app.log");
    writeFileSync(`${path}.2`, lines(1, 10));
    writeFileSync(`${path}.1`, lines(11, 20));
    writeFileSync(path, lines(21, 22));
    await using log = await follow(portal, "name=app&lines=15");
    expect(log.text()).toBe(lines(8, 22));
  });

  test("goes through rotations, however many came at once", async () => {
    await using portal = await startPortal();
    const path = join(portal.directory, "app.log");
    writeFileSync(path, lines(1, 2));
    await using log = await follow(portal, "name=app");
    appendFileSync(path, lines(3, 3));
    renameSync(path, `${path}.2`);
    writeFileSync(`${path}.1`, lines(4, 5));
    writeFileSync(path, lines(6, 6));
    await until(() => log.text().endsWith("line 6\n"));
    appendFileSync(path, lines(7, 7));
    await until(() => log.text().endsWith("line 7\n"));
    expect(log.text()).toBe(lines(1, 7));
    expect(log.has("lost")).toBe(false);
  });

  test("a file that was cut off is read anew, and the gap is said", async () => {
    await using portal = await startPortal();
    const path = join(portal.directory, "app.log");
    writeFileSync(path, lines(1, 9));
    await using log = await follow(portal, "name=app&lines=1");
    truncateSync(path, 0);
    appendFileSync(path, "new\n");
    await until(() => log.text().endsWith("new\n"));
    expect(log.has("lost")).toBe(true);
  });

  test("a character in two pieces is one", async () => {
    await using portal = await startPortal();
    const path = join(portal.directory, "app.log");
    writeFileSync(path, "");
    await using log = await follow(portal, "name=app");
    const bytes = Buffer.from("grün 🚀\n");
    for (const byte of bytes) {
      appendFileSync(path, Buffer.of(byte));
      await Bun.sleep(1);
    }
    await until(() => log.text().endsWith("\n"));
    expect(log.text()).toBe("grün 🚀\n");
  });

  test("several logs are merged by the times that were noted of them", async () => {
    await using portal = await startPortal();
    mkdirSync(join(portal.directory, ".times"));
    const write = (name: string, parts: [time: number, text: string][]) => {
      const path = join(portal.directory, `${name}.log`);
      let [text, notes] = ["", ""];
      writeFileSync(path, "");
      const { ino } = statSync(path);
      for (const [time, part] of parts) {
        notes += `${time} ${ino} ${text.length}\n`;
        text += part;
      }
      writeFileSync(path, text);
      writeFileSync(join(portal.directory, ".times", `${name}.log`), notes);
    };
    write("a", [
      [1000, "first\n"],
      [3000, "third\n"],
    ]);
    write("b", [
      [2000, "second\n"],
      [4000, "fourth\n"],
    ]);
    await using log = await follow(portal, "name=a&name=b");
    expect(log.text()).toBe("first\nsecond\nthird\nfourth\n");
    expect(log.text("b")).toBe("second\nfourth\n");
  });

  test("all logs, with those that appear later; standard error apart", async () => {
    await using portal = await startPortal();
    writeFileSync(join(portal.directory, "app.log"), "out\n");
    writeFileSync(join(portal.directory, "app.error.log"), "err\n");
    await using log = await follow(portal, "");
    expect([log.text("app"), log.text("app!")]).toEqual(["out\n", "err\n"]);
    writeFileSync(join(portal.directory, "late.log"), "late\n");
    await until(() => log.text("late") === "late\n");
  });

  test("goes on where an earlier stream has ended, through a rotation, without a line twice", async () => {
    await using portal = await startPortal();
    const path = join(portal.directory, "app.log");
    writeFileSync(path, lines(1, 5));
    const place = await (async () => {
      await using log = await follow(portal, "name=app");
      const { inode, offset } = log.events.findLast(({ event }) => event === "text") ?? {};
      expect(offset).toBe(lines(1, 5).length);
      return `${inode}:${offset}`;
    })();
    appendFileSync(path, lines(6, 7));
    renameSync(path, `${path}.1`);
    writeFileSync(path, lines(8, 8));
    await using log = await follow(portal, `name=app&from=${place}:stdout:app`);
    await until(() => log.text().endsWith("line 8\n"));
    expect(log.text()).toBe(lines(6, 8));
    await using gone = await follow(portal, "name=app&lines=2&from=1:5:stdout:app");
    expect(gone.text()).toBe(lines(7, 8));
    expect(gone.has("lost")).toBe(true);
    const wrong = await portal.send("/api/v1/logs/stream?name=app&from=nonsense", { headers });
    expect(wrong.status).toBe(400);
  });

  test("shows a part around a place that a search has found, and nothing that comes", async () => {
    await using portal = await startPortal();
    const path = join(portal.directory, "app.log");
    writeFileSync(`${path}.1`, lines(1, 1_000_000));
    writeFileSync(path, "newest\n");
    const { ino: inode } = statSync(`${path}.1`);
    const offset = Buffer.from(lines(1, 499_999)).byteLength;
    await using log = await follow(portal, `name=app&inode=${inode}&offset=${offset}`, "part");
    const here = log.events.findIndex(({ event }) => event === "here");
    expect(log.events[here - 1]?.text).toEndWith("\nline 499999\n");
    expect(log.events[here + 1]?.text).toStartWith("line 500000\nline 500001\n");
    expect(log.text()).toMatch(/^line \d+\n/);
    expect(log.text().length).toBeLessThan(2_000_000);
    expect(log.text()).not.toContain("newest");
    const gone = await portal.send("/api/v1/logs/stream?name=app&inode=1&offset=0", { headers });
    expect(await gone.text()).toContain("event: failure");
  });
});

async function search(portal: Portal, query: string) {
  const { body, status } = await portal.send(`/api/v1/logs/search?${query}`, { headers });
  expect(status).toBe(200);
  const events: {
    event: string;
    data: { text?: string; name?: string; complete?: boolean; ranges?: number[][] };
  }[] = [];
  for await (const { event, data } of readEvents(body as ReadableStream<Uint8Array>))
    events.push({ event, data: JSON.parse(data) as (typeof events)[number]["data"] });
  return {
    matches: events.filter(({ event }) => event === "match").map(({ data }) => data),
    last: events.at(-1),
  };
}

/** Ticks of CPU that a process has used in its own code (proc_pid_stat(5)). */
function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[11]);
}

describe("search", () => {
  test("finds lines of rotated files, without their colours, and says where they match", async () => {
    await using portal = await startPortal();
    const path = join(portal.directory, "app.log");
    writeFileSync(`${path}.1`, "old\nERR\u001B[31mOR 42\u001B[0m here\n");
    utimesSync(`${path}.1`, 1000, 1000);
    writeFileSync(path, "new\nerror 7");
    const { matches, last } = await search(portal, "name=app&pattern=error%20%5Cd%2B&case=ignore");
    expect(matches).toMatchObject([
      { name: "app", text: "error 7", ranges: [[0, 7]] },
      { name: "app", text: "ERROR 42 here", ranges: [[0, 8]] },
    ]);
    expect(last).toEqual({ event: "done", data: { matches: 2, complete: true } } as typeof last);
    expect((await search(portal, "pattern=ERROR")).matches).toHaveLength(1);
  });

  test("finds each line once, over the ends of blocks", async () => {
    await using portal = await startPortal();
    writeFileSync(join(portal.directory, "app.log"), lines(1, 300_000));
    const { matches } = await search(portal, "pattern=%5Eline%20%5Cd%2B00000%24");
    expect(matches.map(({ text }) => text)).toEqual(["line 100000", "line 200000", "line 300000"]);
    const { last } = await search(portal, "pattern=line&limit=10");
    expect(last?.data).toMatchObject({ matches: 10, complete: false });
  });

  test.each(["(", "[", "*"])("%s is no regular expression", async (pattern) => {
    await using portal = await startPortal();
    const query = `pattern=${encodeURIComponent(pattern)}`;
    const answer = await portal.send(`/api/v1/logs/search?${query}`, { headers });
    expect([answer.status, await answer.text()]).toEqual([
      400,
      expect.stringContaining("regular expression"),
    ]);
  });

  test("an expression that never ends holds nobody up, and ends with its reader", async () => {
    await using portal = await startPortal();
    writeFileSync(join(portal.directory, "app.log"), `${"a".repeat(60)}!\n`);
    const over = new AbortController();
    const query = `pattern=${encodeURIComponent("^(a+)+$")}`;
    await portal.send(`/api/v1/logs/search?${query}`, { headers, signal: over.signal });
    const searchers = () =>
      Bun.spawnSync(["pgrep", "-f", `portal --search --control=${portal.directory}`])
        .stdout.toString()
        .trim();
    await until(() => searchers() !== "");
    expect((await portal.check("/", { headers })).status).toBe(204);
    over.abort();
    await until(() => searchers() === "");
  });

  test("one does not outlive the portal, however long its lines take", async () => {
    await using portal = await startPortal();
    writeFileSync(join(portal.directory, "app.log"), `${"a".repeat(60)}!\n`.repeat(1000));
    const main = join(import.meta.dir, "../../src/main.ts");
    const control = `--control=${portal.directory}/portal.sock`;
    await using child = Bun.spawn([process.execPath, main, "portal", "--search", control], {
      stdin: "pipe",
      stdout: "ignore",
      killSignal: "SIGKILL",
    });
    const request = { names: [], pattern: "^(a+)+$", ignoreCase: false, limit: 1 };
    void child.stdin.write(`${JSON.stringify(request)}\n`);
    await child.stdin.flush();
    const isBusy = () => cpuTicks(child.pid) > 50;
    await until(isBusy);
    await child.stdin.end();
    await child.exited;
  }, 60_000);

  test("so many at once and no more, until one of them ends", async () => {
    await using portal = await startPortal();
    writeFileSync(join(portal.directory, "app.log"), `${"a".repeat(60)}!\n`.repeat(1000));
    const query = `pattern=${encodeURIComponent("^(a+)+$")}`;
    const start = async (signal: AbortSignal) =>
      await portal.send(`/api/v1/logs/search?${query}`, { headers, signal });
    const over = new AbortController();
    await Promise.all(Array.from({ length: 4 }, () => start(over.signal)));
    expect(await (await start(over.signal)).text()).toContain("4 searches run already");
    over.abort();
    const fifth = new AbortController();
    await until(async () => {
      const { body } = await portal.send("/api/v1/logs/search?pattern=a%21&limit=1", {
        headers,
        signal: fifth.signal,
      });
      const events: string[] = [];
      for await (const { event } of readEvents(body as ReadableStream<Uint8Array>)) events.push(event);
      return events.includes("done");
    });
  });
});

describe("download", () => {
  test("gives every byte, from the oldest file on", async () => {
    await using portal = await startPortal();
    const path = join(portal.directory, "app.log");
    const bytes = Buffer.alloc(5_000_000, "0123456789\u001B[31m\r\0\xff\n", "latin1");
    writeFileSync(`${path}.1`, bytes.subarray(0, 3_000_000));
    writeFileSync(path, bytes.subarray(3_000_000));
    const answer = await portal.send("/api/v1/logs/download?name=app", { headers });
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="app.log"');
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
  });

  test("a log that does not exist, or lies elsewhere, is none", async () => {
    await using portal = await startPortal();
    for (const name of ["nothing", "../../etc/passwd", "/etc/passwd", "..", ""]) {
      const query = `name=${encodeURIComponent(name)}`;
      expect((await portal.send(`/api/v1/logs/download?${query}`, { headers })).status).toBe(404);
    }
  });
});
