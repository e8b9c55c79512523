// Runs in the container: `client.ts check REQUESTS | bytes MEGABYTES | sockets COUNT SECONDS`. Prints JSON. PLAIN is the
// port of Caddy alone, GUARDED that of the front, TOKEN lets requests pass.
import { readdirSync, readFileSync } from "node:fs";
import { median } from "../statistics.ts";

const { PLAIN = "", GUARDED = "", TOKEN = "" } = process.env;
const [what, ...numbers] = process.argv.slice(2);
const [first = 0, second = 0] = numbers.map(Number);
const ports = { plain: PLAIN, guarded: GUARDED };
type Way = keyof typeof ports;
const ways: Way[] = ["plain", "guarded"];
const headers = { Authorization: `Bearer ${TOKEN}` };

const PIECE = Buffer.alloc(1024 * 1024, "0123456789abcdef");

/** Memory of its own that a program of the front has, in MB. */
function memory(): Record<string, number> {
  const found: Record<string, number> = {};
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const [program, command] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      const name = program?.endsWith("caddy") && command === "run" ? "caddy" : command;
      if (name !== "caddy" && name !== "portal") continue;
      found[name] = Number(/^RssAnon:\s*(\d+)/m.exec(status)?.[1]) / 1024;
    } catch {
      // It has ended.
    }
  }
  return found;
}

const TICKS = 100;

/** Seconds of processor time of the Caddy of a way. */
function cpu(way: Way): number {
  const command = way === "plain" ? "reverse-proxy" : "run";
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const words = readFileSync(`/proc/${pid}/cmdline`, { encoding: "utf8", flag: "r" }).split("\0");
    if (!words[0]?.endsWith("caddy") || words[1] !== command) continue;
    const [user = 0, system = 0] = (readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1] ?? "")
      .split(" ")
      .slice(11, 13)
      .map(Number);
    return (user + system) / TICKS;
  }
  return 0;
}

/** The median of many requests, one after the other, in milliseconds; both ways in turns. */
async function check(requests: number) {
  const times: Record<Way, number[]> = { plain: [], guarded: [] };
  const BLOCK = 100;
  for (let done = -BLOCK; done < requests; done += BLOCK)
    for (const way of ways)
      for (let index = 0; index < BLOCK; index++) {
        const started = performance.now();
        const response = await fetch(`http://127.0.0.1:${ports[way]}/`, { headers });
        if ((await response.text()) !== "here") throw new Error(`${way}: ${response.status}`);
        if (done >= 0) times[way].push(performance.now() - started);
      }
  return { plain: median(times.plain), guarded: median(times.guarded) };
}

async function* pieces(count: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let index = 0; index < count; index++) yield PIECE;
}

async function digest(body: AsyncIterable<Uint8Array> | null): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const chunk of body ?? []) hasher.update(chunk);
  return hasher.digest("hex");
}

/** MB/s of one large body up and down by either way, and what the front takes while it passes. Throws for other bytes. */
async function bytes(megabytes: number) {
  const expected = await digest(pieces(megabytes));
  const half = Math.ceil(megabytes / 2);
  const halfSum = await digest(pieces(half));
  const result: Record<string, Record<Way, number>> = {};
  const rested = memory();
  const most = { ...rested };
  const watch = setInterval(() => {
    for (const [name, value] of Object.entries(memory())) most[name] = Math.max(most[name] ?? 0, value);
  }, 250);
  /** Seconds that one body takes. */
  const pass = async (direction: "up" | "down", way: Way, size: number, sum: string) => {
    const base = `http://127.0.0.1:${ports[way]}`;
    const started = performance.now();
    const got =
      direction === "up"
        ? await (await fetch(`${base}/up`, { method: "POST", headers, body: pieces(size) })).text()
        : await digest((await fetch(`${base}/down?megabytes=${size}`, { headers })).body);
    if (got !== sum) throw new Error(`${direction}, ${way}: expected ${sum}, got ${got}`);
    return (performance.now() - started) / 1000;
  };
  for (const direction of ["up", "down"] as const) {
    const began = { plain: cpu("plain"), guarded: cpu("guarded") };
    // Before and after, as the speed of a machine drifts.
    const before = await pass(direction, "plain", half, halfSum);
    const guarded = await pass(direction, "guarded", megabytes, expected);
    const plain = before + (await pass(direction, "plain", half, halfSum));
    const rate = (size: number, seconds: number) => (size * 1.048576) / seconds;
    result[direction] = { plain: rate(2 * half, plain), guarded: rate(megabytes, guarded) };
    result[`${direction}Cpu`] = {
      plain: cpu("plain") - began.plain,
      guarded: cpu("guarded") - began.guarded,
    };
  }
  clearInterval(watch);
  return { ...result, before: rested, most };
}

/** So many websockets that each send a message ten times a second, and wait for it to come back. */
async function sockets(count: number, seconds: number) {
  const before = memory();
  let [sent, answered, closed] = [0, 0, 0];
  let isOver = false;
  const times: number[] = [];
  const all = await Promise.all(
    Array.from({ length: count }, async () => {
      const options = { headers } as unknown as string[];
      const socket = new WebSocket(`ws://127.0.0.1:${GUARDED}/ws`, options);
      await new Promise((resolve, reject) => {
        socket.addEventListener("open", resolve);
        socket.addEventListener("error", reject);
      });
      socket.addEventListener("close", () => (closed += isOver ? 0 : 1));
      socket.addEventListener("message", ({ data }) => {
        answered++;
        times.push(performance.now() - Number(data));
      });
      return socket;
    }),
  );
  const until = performance.now() + seconds * 1000;
  const opened = memory();
  while (performance.now() < until) {
    for (const socket of all) socket.send(String(performance.now()));
    sent += count;
    await Bun.sleep(100);
  }
  const isAnswered = () => answered === sent;
  for (let left = 100; !isAnswered() && left > 0; left--) await Bun.sleep(50);
  const after = memory();
  isOver = true;
  for (const socket of all) socket.close();
  return { sent, answered, closed, milliseconds: median(times), before, opened, after };
}

const work = { check, bytes, sockets };
console.log(JSON.stringify(await work[what as keyof typeof work](first, second)));
process.exit(0);
