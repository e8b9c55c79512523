import { afterEach, describe, expect, test } from "bun:test";
import { watchReady } from "../../src/supervisor/ready.ts";

const ended = new AbortController();
afterEach(() => {
  delete process.env["HTTP_PROXY"];
});

/** Resolves when the condition holds; a test that waits in vain ends by its own limit. */
async function ready(spec: Parameters<typeof watchReady>[0]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  watchReady(spec, { PATH: "/usr/bin:/bin" }, ended.signal, resolve);
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
    const free = Bun.listen({ port: 0, hostname: "127.0.0.1", socket: { data() {} } });
    const { port } = free;
    free.stop(true);
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

  test("log: matches a line that comes in pieces, and only once", () => {
    let calls = 0;
    const watch = watchReady({ kind: "log", pattern: /^up and running$/ }, {}, ended.signal, () => calls++);
    const write = (text: string) => watch.onOutput?.(Buffer.from(text));
    write("not up and running\nup and ");
    expect(calls).toBe(0);
    write("running\nup and running\n");
    expect(calls).toBe(1);
  });
});
