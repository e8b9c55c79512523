import { afterEach, describe, expect, test } from "bun:test";
import { OutOfMemory } from "../../src/supervisor/exit-reason.ts";
import type { Behalf } from "../../src/supervisor/liveness/exec.ts";
import { ProcessTree } from "../../src/supervisor/process-tree.ts";
import { watchReady } from "../../src/supervisor/ready.ts";
import { freePort } from "../free-port.ts";
import { bareSupervisor, specOf } from "./spec-fixture.ts";

const ended = new AbortController();
afterEach(() => {
  delete process.env["HTTP_PROXY"];
});

/** The program that is asked. */
const behalf: Behalf = {
  context: { ...bareSupervisor, memory: new OutOfMemory(), hangSeconds: 1 },
  spec: specOf("p"),
  tree: new ProcessTree(),
};

/** Resolves when the condition holds; a test that waits in vain ends by its own limit. */
async function ready(spec: Parameters<typeof watchReady>[0]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  watchReady(spec, behalf, ended.signal, resolve);
  await promise;
}

describe("watchReady()", () => {
  test("http: waits for a good answer, and asks the program itself even where a proxy is set", async () => {
    let asked = 0;
    using server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => new Response("x", { status: ++asked < 3 ? 503 : 200 }),
    });
    // Nothing listens there.
    process.env["HTTP_PROXY"] = "http://127.0.0.1:9";
    await ready({ kind: "http", url: `http://127.0.0.1:${server.port}/` });
    expect(asked).toBe(3);
  });

  test("tcp: waits until the port answers", async () => {
    const port = freePort();
    let isReady = false;
    const waiting = ready({ kind: "tcp", host: "127.0.0.1", port }).then(() => (isReady = true));
    await Bun.sleep(0);
    expect(isReady).toBe(false);
    const server = Bun.listen({ port, hostname: "127.0.0.1", socket: { data() {} } });
    await waiting;
    server.stop(true);
  });

  test("exec: waits for exit code 0", async () => {
    const file = `${process.env["TMPDIR"] ?? "/tmp"}/ready-${process.pid}`;
    const waiting = ready({ kind: "exec", command: ["test", "-e", file] });
    await Bun.write(file, "");
    await waiting;
    await Bun.file(file).delete();
  });

  test("exec: the command has the environment of its program", async () => {
    const spec = specOf("p", { environment: { OWN: "mine" } });
    const { promise, resolve } = Promise.withResolvers<void>();
    const command = ["/bin/sh", "-c", '[ "$OWN $SUPERVISOR_PROCESS_NAME" = "mine p" ]'];
    watchReady({ kind: "exec", command }, { ...behalf, spec }, ended.signal, resolve);
    await promise;
  });

  test("log: matches a line that comes in pieces, and only once", () => {
    let calls = 0;
    const watch = watchReady(
      { kind: "log", pattern: /^up and running$/ },
      behalf,
      ended.signal,
      () => calls++,
    );
    const write = (text: string) => watch.onOutput?.(Buffer.from(text));
    write("not up and running\nup and ");
    expect(calls).toBe(0);
    write("running\nup and running\n");
    expect(calls).toBe(1);
  });
});

test("tcp: an attempt that nobody answers ends with the program, and leaves no socket", async () => {
  const script = `
    import { watchReady } from ${JSON.stringify(new URL("../../src/supervisor/ready.ts", import.meta.url).pathname)};
    const over = new AbortController();
    watchReady({ kind: "tcp", host: process.argv[1], port: Number(process.argv[2]) }, {}, over.signal, () => process.exit(3));
    setTimeout(() => over.abort(), 300);`;
  // A listener that accepts nothing and whose queue is full: the kernel drops what comes next.
  const full = Bun.spawn(
    [
      "python3",
      "-c",
      "import socket,time\ns=socket.socket();s.bind(('127.0.0.1',0));s.listen(0)\np=s.getsockname()[1]\nc=[socket.socket() for _ in range(4)]\nfor x in c: x.setblocking(False);x.connect_ex(('127.0.0.1',p))\nprint(p,flush=True);time.sleep(600)",
    ],
    { stdout: "pipe" },
  );
  try {
    const { value } = await full.stdout.getReader().read();
    const port = new TextDecoder().decode(value).trim();
    const child = Bun.spawn([process.execPath, "-e", script, "127.0.0.1", port], {
      stdout: "inherit",
      stderr: "inherit",
    });
    // With the attempt still open the process would live on until the kernel gives up, two minutes later.
    expect(await child.exited).toBe(0);
  } finally {
    full.kill();
  }
}, 30_000);
