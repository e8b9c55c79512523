import { describe, expect, test } from "bun:test";
import { statSync, utimesSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { failureOf, folder } from "../fixture.ts";
import { bytesOf, sendFile, serve, sha256 } from "../server-fixture.ts";

const SMALL = bytesOf(100_000);
const LARGE = bytesOf(9_000_000, 2);

describe("download()", () => {
  test("fetches a file by several ranges at once, each byte once", async () => {
    using server = await serve((asked, reply) =>
      sendFile(asked, reply, LARGE, { etag: '"1"', pace: 60_000 }),
    );
    const { fetch, read, entries, path } = folder();
    const result = await fetch(server.url("/a/model.bin?token=secret"), "model.bin", {
      sha256: sha256(LARGE),
    });
    expect(read("model.bin")).toEqual(LARGE);
    expect(entries()).toEqual(["model.bin"]);
    expect(result).toMatchObject({
      path: `${path}/model.bin`,
      size: LARGE.length,
      sha256: sha256(LARGE),
      etag: '"1"',
      source: `${server.url("/a/model.bin")}?…`,
    });
    expect(Math.max(...server.asked.map(({ open }) => open))).toBeGreaterThan(2);
    expect(result.fetched).toBeLessThan(LARGE.length * 1.2);
    expect(statSync(`${path}/model.bin`).mode & 0o777).toBe(0o666 & ~process.umask());
  });

  test("of a small file takes one request", async () => {
    using server = await serve((asked, reply) => sendFile(asked, reply, SMALL));
    const { fetch, read } = folder();
    expect(await fetch(server.url("/x"), "x")).toMatchObject({ fetched: SMALL.length });
    expect(read("x")).toEqual(SMALL);
    expect(server.asked.map(({ method, headers }) => [method, headers.get("accept-encoding")])).toEqual([
      ["GET", "identity"],
    ]);
  });

  test("takes it whole from a server without ranges", async () => {
    using server = await serve((asked, reply) => sendFile(asked, reply, LARGE, { ranges: false }));
    const { fetch, read, entries } = folder();
    await fetch(server.url("/x"), "x", { sha256: sha256(LARGE) });
    expect([read("x").length, entries(), server.asked.length]).toEqual([LARGE.length, ["x"], 1]);
  });

  test("takes it from a server that tells no size", async () => {
    using server = await serve(async (_, reply) => {
      reply.head(200, { "transfer-encoding": "chunked" });
      for (let at = 0; at < SMALL.length; at += 30_000) {
        const chunk = SMALL.subarray(at, at + 30_000);
        await reply.write(`${chunk.length.toString(16)}\r\n`);
        await reply.write(chunk);
        await reply.write("\r\n");
      }
      await reply.write("0\r\n\r\n");
    });
    const { fetch, read } = folder();
    await fetch(server.url("/x"), "x");
    expect(read("x")).toEqual(SMALL);
  });

  test("is not fooled by a chunked answer that breaks off", async () => {
    using server = await serve(async (_, reply) => {
      reply.head(200, { "transfer-encoding": "chunked" });
      await reply.write("5\r\nhello\r\n");
      reply.end();
    });
    const { fetch, entries } = folder();
    const { code } = await failureOf(fetch(server.url("/x"), "x"));
    expect([code, entries()]).toEqual(["network", []]);
    expect(server.asked.length).toBe(5);
  });

  test("decodes what a server compresses against our wish", async () => {
    const packed = gzipSync(SMALL);
    using server = await serve((asked, reply) =>
      sendFile(asked, reply, packed, { headers: { "content-encoding": "gzip" }, etag: '"z"' }),
    );
    const { fetch, read } = folder();
    await fetch(server.url("/x"), "x", { sha256: sha256(SMALL), size: SMALL.length });
    expect(read("x")).toEqual(SMALL);
  });

  test("keeps the bytes of a .gz file as they are", async () => {
    const packed = new Uint8Array(gzipSync(SMALL));
    using server = await serve((asked, reply) =>
      sendFile(asked, reply, packed, { type: "application/gzip" }),
    );
    const { fetch, read } = folder();
    await fetch(server.url("/x.gz"), "x.gz");
    expect(read("x.gz")).toEqual(packed);
  });

  test("replaces an older file only once the new one is whole", async () => {
    using server = await serve((asked, reply) => sendFile(asked, reply, LARGE, { pace: 3000 }));
    const { fetch, read, path } = folder();
    writeFileSync(`${path}/x`, "old");
    let during: Uint8Array | undefined;
    await fetch(server.url("/x"), "x", {
      onProgress: ({ received }) => received > 0 && received < LARGE.length && (during ??= read("x")),
    });
    expect(during).toEqual(new Uint8Array(Buffer.from("old")));
    expect(read("x")).toEqual(LARGE);
  });

  test("leaves a file alone that is whole already", async () => {
    const lastModified = "Thu, 01 Jan 2026 00:00:00 GMT";
    using server = await serve((asked, reply) => sendFile(asked, reply, SMALL, { lastModified }));
    const { fetch, entries, path, read } = folder();
    await fetch(server.url("/x"), "x");
    expect(statSync(`${path}/x`).mtimeMs).toBe(Date.parse(lastModified));
    const { ino } = statSync(`${path}/x`);
    expect(await fetch(server.url("/x"), "x")).toMatchObject({ fetched: 0, size: SMALL.length });
    expect([statSync(`${path}/x`).ino, entries()]).toEqual([ino, ["x"]]);
    // Of the right size, but another: by checksum, and by its time.
    writeFileSync(`${path}/x`, new Uint8Array(SMALL.length));
    utimesSync(`${path}/x`, 0, Date.parse(lastModified) / 1000);
    await fetch(server.url("/x"), "x", { sha256: sha256(SMALL) });
    expect(read("x")).toEqual(SMALL);
    writeFileSync(`${path}/x`, new Uint8Array(SMALL.length));
    await fetch(server.url("/x"), "x");
    expect(read("x")).toEqual(SMALL);
  });

  test("reports progress up to the end", async () => {
    using server = await serve((asked, reply) => sendFile(asked, reply, LARGE));
    const seen: number[] = [];
    await folder().fetch(server.url("/x"), "x", {
      onProgress({ received, total, resumedFrom }) {
        expect([total, resumedFrom]).toEqual([LARGE.length, 0]);
        seen.push(received);
      },
    });
    expect(seen[0]).toBe(0);
    expect(seen.at(-1)).toBe(LARGE.length);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  test("lets nobody else download the same file at the same time", async () => {
    const gate = Promise.withResolvers<void>();
    using server = await serve(async (asked, reply) => {
      await gate.promise;
      await sendFile(asked, reply, SMALL);
    });
    const { fetch, read } = folder();
    const first = fetch(server.url("/x"), "x");
    expect((await failureOf(fetch(server.url("/x"), "x"))).code).toBe("busy");
    gate.resolve();
    await first;
    expect(read("x")).toEqual(SMALL);
  });
});

describe("download() refuses", () => {
  const answers: [string, string, string, { type?: string; name?: string }][] = [
    ["an HTML page by its type", "<p>", "html", { type: "text/html; charset=utf-8" }],
    ["an HTML page by its first bytes", "\n<!-- x -->\n<!DOCTYPE html><html>", "html", {}],
    ["an empty file", "", "empty", {}],
  ];
  test.each(answers)("%s", async (_, body, code, { type = "application/octet-stream" }) => {
    using server = await serve((asked, reply) => sendFile(asked, reply, Buffer.from(body), { type }));
    const { fetch, entries } = folder();
    const failure = await failureOf(fetch(server.url("/model.bin"), "model.bin"));
    expect([failure.code as string, entries()]).toEqual([code, []]);
  });

  test("none of these where they are wanted", async () => {
    using server = await serve((asked, reply) =>
      sendFile(asked, reply, Buffer.from(asked.path === "/empty" ? "" : "<!doctype html>"), {
        type: "text/html",
      }),
    );
    const { fetch, entries } = folder();
    for (const name of ["page.html", "notes.txt"]) await fetch(server.url(`/${name}`), name);
    await fetch(server.url("/empty"), "empty.html", { size: 0 });
    expect(entries()).toEqual(["empty.html", "notes.txt", "page.html"]);
  });

  test("a wrong checksum after a second try from zero", async () => {
    using server = await serve((asked, reply) => sendFile(asked, reply, SMALL));
    const { fetch, entries } = folder();
    const failure = await failureOf(fetch(server.url("/x"), "x", { sha256: "0".repeat(64) }));
    expect([failure.code, entries(), server.asked.length]).toEqual(["checksum", [], 2]);
    expect(failure.message).toContain(sha256(SMALL));
  });

  test("no right one that comes the second time", async () => {
    let time = 0;
    using server = await serve((asked, reply) =>
      sendFile(asked, reply, time++ === 0 ? bytesOf(100_000, 9) : SMALL),
    );
    const { fetch, read } = folder();
    await fetch(server.url("/x"), "x", { sha256: sha256(SMALL).toUpperCase() });
    expect(read("x")).toEqual(SMALL);
  });

  test.each([[true], [false]])("a wrong size, ranges: %p", async (ranges) => {
    using server = await serve((asked, reply) => sendFile(asked, reply, SMALL, { ranges }));
    const { fetch, entries } = folder();
    const failure = await failureOf(fetch(server.url("/x"), "x", { size: 100_001 }));
    expect([failure.code, entries()]).toEqual(["size", []]);
    expect(failure.message).toContain("expected 100001 bytes, got 100000");
  });

  test("URLs of other kinds, without a word of what is secret in them", async () => {
    const { fetch } = folder();
    for (const url of ["ftp://me:secret@a.example/x", "file:///etc/passwd?secret", "nonsense?secret"]) {
      const failure = await failureOf(fetch(url, "x"));
      expect(failure.code).toBe("source");
      expect(failure.message).not.toContain("secret");
    }
  });
});
