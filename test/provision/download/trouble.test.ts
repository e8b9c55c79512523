import { describe, expect, test } from "bun:test";
import { failureOf, folder } from "../fixture.ts";
import { bytesOf, sendFile, serve, sha256 } from "../server-fixture.ts";

const SMALL = bytesOf(100_000);
const LARGE = bytesOf(9_000_000, 2);

/** Numbers in [0, 1) that are the same in each run. */
function random(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

describe("download() goes on", () => {
  test.each([[1], [2], [3], [4], [5]])("when answers are cut at random bytes, seed %p", async (seed) => {
    const next = random(seed);
    using server = await serve((asked, reply) =>
      sendFile(asked, reply, LARGE, { etag: '"1"', cutAfter: () => Math.floor(next() * 1_500_000) }),
    );
    const { fetch, read, entries } = folder();
    const limits = { attempts: 50 };
    const { fetched } = await fetch(server.url("/x"), "x", { sha256: sha256(LARGE), limits });
    expect(read("x")).toEqual(LARGE);
    expect(entries()).toEqual(["x"]);
    // Only what another connection had taken over meanwhile comes twice.
    expect(fetched).toBeLessThan(LARGE.length * 1.2);
  });

  test("when a small file is cut at random bytes", async () => {
    const next = random(7);
    let time = 0;
    using server = await serve((asked, reply) =>
      // Further each time: of a short answer that breaks off, nothing may be left, as Bun drops what nobody has read yet.
      sendFile(asked, reply, SMALL, { etag: '"1"', cutAfter: () => Math.floor(next() * 20_000 * ++time) }),
    );
    const { fetch, read } = folder();
    await fetch(server.url("/x"), "x", { limits: { attempts: 12, delaySeconds: 0.001 } });
    expect(read("x")).toEqual(SMALL);
  });

  test("from zero when a server without ranges is cut", async () => {
    let time = 0;
    using server = await serve((asked, reply) =>
      sendFile(asked, reply, SMALL, { ranges: false, cutAfter: () => (time++ < 3 ? 50_000 : undefined) }),
    );
    const { fetch, read } = folder();
    await fetch(server.url("/x"), "x");
    expect(read("x")).toEqual(SMALL);
    expect(server.asked.length).toBeGreaterThan(3);
  });

  test("when a connection stalls", async () => {
    let time = 0;
    using server = await serve(async (asked, reply) => {
      if (time++ > 1) return await sendFile(asked, reply, LARGE, { etag: '"1"' });
      const { offset = 0, end = LARGE.length } = asked.range ?? {};
      reply.head(206, {
        etag: '"1"',
        "content-length": Math.min(end, LARGE.length) - offset,
        "content-range": `bytes ${offset}-${Math.min(end, LARGE.length) - 1}/${LARGE.length}`,
      });
      await reply.write(LARGE.subarray(offset, offset + 1000));
      return await new Promise<void>(() => undefined);
    });
    const { fetch, read } = folder();
    await fetch(server.url("/x"), "x", { limits: { timeoutSeconds: 0.3, attempts: 50 } });
    expect(read("x")).toEqual(LARGE);
  });

  test.each([[429], [503], [500]])("after HTTP %p", async (status) => {
    let time = 0;
    using server = await serve((asked, reply) =>
      time++ % 3 === 0 ? reply.text(status, "busy", { "retry-after": 0 }) : sendFile(asked, reply, LARGE),
    );
    const { fetch, read } = folder();
    await fetch(server.url("/x"), "x");
    expect(read("x")).toEqual(LARGE);
  });

  test("with as many connections as a server allows", async () => {
    let refused = 0;
    using server = await serve(async (asked, reply) => {
      if (asked.open > 3) {
        refused++;
        reply.text(429, "too many connections", { "retry-after": 0 });
        return;
      }
      await sendFile(asked, reply, LARGE, { etag: '"1"', pace: 3000 });
    });
    const { fetch, read } = folder();
    await fetch(server.url("/x"), "x", { limits: { attempts: 2 } });
    expect(read("x")).toEqual(LARGE);
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(10);
  });

  test("with more connections where each is slow", async () => {
    const content = bytesOf(24_000_000);
    using server = await serve((asked, reply) =>
      sendFile(asked, reply, content, { etag: '"1"', pace: 1500 }),
    );
    const { fetch, read } = folder();
    await fetch(server.url("/x"), "x");
    expect(sha256(read("x"))).toBe(sha256(content));
    const most = Math.max(...server.asked.map(({ open }) => open));
    expect(most).toBeGreaterThan(8);
    expect(most).toBeLessThanOrEqual(16);
  });

  test("when signed redirects expire, each for its own range", async () => {
    const signatures = new Map<string, number>();
    using storage = await serve(async (asked, reply) => {
      const left = signatures.get(asked.query.get("signature") ?? "") ?? 0;
      signatures.set(asked.query.get("signature") ?? "", left - 1);
      if (left <= 0) reply.text(403, "Request has expired");
      else await sendFile(asked, reply, LARGE, { etag: '"1"' });
    });
    using server = await serve((asked, reply) => {
      const signature = `s${server.asked.length}`;
      signatures.set(signature, 3);
      reply.text(302, "", { location: `${storage.url("/blob")}?signature=${signature}` });
      expect(asked.path).toBe("/x");
    });
    const { fetch, read } = folder();
    await fetch(server.url("/x"), "x");
    expect(read("x")).toEqual(LARGE);
    expect(server.asked.length).toBeGreaterThan(1);
  });

  test.each([
    ["strong ETags", '"old"', '"new"'],
    ["weak ETags, which no condition can name", 'W/"old"', 'W/"new"'],
  ])("with the new file when it changes in the middle, by %s", async (_, before, after) => {
    const fresh = bytesOf(LARGE.length, 5);
    using server = await serve((asked, reply) =>
      server.asked.length < 4
        ? sendFile(asked, reply, LARGE, { etag: before, pace: 3000 })
        : sendFile(asked, reply, fresh, { etag: after }),
    );
    const { fetch, read, entries } = folder();
    await fetch(server.url("/x"), "x");
    expect(sha256(read("x"))).toBe(sha256(fresh));
    expect(entries()).toEqual(["x"]);
  });

  test("with a server that gives no part of a file under a condition", async () => {
    using server = await serve((asked, reply) =>
      asked.headers.has("if-range")
        ? sendFile({ ...asked, range: undefined }, reply, LARGE, { etag: '"1"' })
        : sendFile(asked, reply, LARGE, { etag: '"1"' }),
    );
    const { fetch, read } = folder();
    await fetch(server.url("/x"), "x");
    expect(read("x")).toEqual(LARGE);
    expect(
      server.asked.filter(({ headers }) => headers.has("range") && !headers.has("if-range")).length,
    ).toBeGreaterThan(1);
  });

  test("with one connection where servers behind one name disagree about the version", async () => {
    using server = await serve((asked, reply) =>
      sendFile(asked, reply, LARGE, { etag: `"${asked.open > 1 ? "b" : "a"}"` }),
    );
    const { fetch, read } = folder();
    await fetch(server.url("/x"), "x");
    expect(read("x")).toEqual(LARGE);
  });
});

describe("download() gives up", () => {
  test("on a server that stays busy, and says what to do", async () => {
    using server = await serve((_, reply) => reply.text(429, "no", { "retry-after": 0 }));
    const { fetch, entries } = folder();
    const failure = await failureOf(fetch(server.url("/x"), "x"));
    expect([failure.code, entries(), server.asked.length]).toEqual(["rate-limited", [], 5]);
    expect(failure.message).toContain("HTTP 429, too many requests, 5 times in a row");
    expect(failure.hint).toContain("token");
  });

  test("when nothing comes any more, and keeps what has come", async () => {
    let sent = 0;
    const come = Promise.withResolvers<void>();
    using server = await serve(async (asked, reply) => {
      if (sent++ > 0) return reply.cut();
      const { offset = 0, end = LARGE.length } = asked.range ?? {};
      const behind = Math.min(end, LARGE.length);
      reply.head(206, {
        etag: '"1"',
        "content-length": behind - offset,
        "content-range": `bytes ${offset}-${behind - 1}/${LARGE.length}`,
      });
      await reply.write(LARGE.subarray(offset, offset + 300_000));
      // Of what breaks off before it is read, nothing is left.
      await come.promise;
      reply.end();
    });
    const { fetch, entries } = folder();
    const onProgress = ({ received }: { received: number }) => received > 0 && come.resolve();
    const failure = await failureOf(fetch(server.url("/x"), "x", { onProgress }));
    expect([failure.code, entries()]).toEqual(["network", [".x.ai-dock-journal", ".x.ai-dock-part"]]);
    expect(failure.message).toContain("a connection that broke off 5 times in a row");
  });

  test("on a port that nobody listens on", async () => {
    const server = await serve(() => undefined);
    server[Symbol.dispose]();
    const failure = await failureOf(folder().fetch(server.url("/x"), "x"));
    expect(failure.code).toBe("network");
    expect(failure.message).toContain("a refused connection");
  });

  test("on redirects without end, and to other protocols", async () => {
    using server = await serve((asked, reply) =>
      reply.text(302, "", { location: asked.path === "/loop" ? "/loop" : "file:///etc/passwd" }),
    );
    expect((await failureOf(folder().fetch(server.url("/loop"), "x"))).message).toContain(
      "redirects without end",
    );
    expect((await failureOf(folder().fetch(server.url("/file"), "x"))).message).toContain('"file:"');
  });

  test("at once when it is interrupted, and keeps what has come", async () => {
    using server = await serve((asked, reply) => sendFile(asked, reply, LARGE, { etag: '"1"', pace: 2000 }));
    const { fetch, entries } = folder();
    const controller = new AbortController();
    const failure = await failureOf(
      fetch(server.url("/x"), "x", {
        signal: controller.signal,
        onProgress: ({ received }) => received > 0 && controller.abort(),
      }),
    );
    expect([failure.code, entries()]).toEqual(["aborted", [".x.ai-dock-journal", ".x.ai-dock-part"]]);
  });
});
