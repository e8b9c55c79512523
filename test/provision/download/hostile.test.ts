/** Servers that lie, and folders whose owners do. */
import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { proxyFor } from "../../../src/sys/network.ts";
import { retryAfter } from "../../../src/provision/download/backoff.ts";
import { isHtml } from "../../../src/provision/download/html.ts";
import { label } from "../../../src/provision/download/label.ts";
import { safeName } from "../../../src/provision/download/names.ts";
import { contentRange } from "../../../src/provision/download/remote.ts";
import { smallDisk } from "../../logs/_helpers.ts";
import { failureOf, folder } from "../fixture.ts";
import { bytesOf, type Reply, sendFile, serve, sha256 } from "../server-fixture.ts";

const MEBIBYTE = 2 ** 20;
const isRoot = process.getuid?.() === 0;
const LARGE = bytesOf(9_000_000, 2);

/** Sends chunks without a word about the length, until the client has gone. */
async function sendEndless(reply: Reply, headers: Record<string, string> = {}): Promise<void> {
  reply.head(200, { "transfer-encoding": "chunked", ...headers });
  const chunk = new Uint8Array(65_536);
  for (let isOpen = true; isOpen;) {
    await reply.write("10000\r\n");
    await reply.write(chunk);
    isOpen = await reply.write("\r\n");
  }
}

describe("download() ends where a server", () => {
  test("sends a byte now and then, which is no progress", async () => {
    using server = await serve(async (_, reply) => {
      reply.head(200, { "content-length": 1_000_000 });
      while (await reply.write("x")) await Bun.sleep(20);
    });
    const { fetch, entries } = folder();
    const failure = await failureOf(
      fetch(server.url("/x"), "x", { limits: { timeoutSeconds: 0.3, attempts: 2 } }),
    );
    expect([failure.code, failure.message]).toEqual(["network", expect.stringContaining("0.3 s")]);
    expect(entries()).toEqual([]);
  });

  test.each([
    ["is given", {}, { size: 1000 }],
    ["is told by a hub", { "x-linked-size": "1000" }, {}],
  ])("sends more than the size that %s", async (_name, headers, request) => {
    using server = await serve((_, reply) => sendEndless(reply, headers));
    const { fetch, entries } = folder();
    const failure = await failureOf(fetch(server.url("/x"), "x", request));
    expect([failure.code, failure.message]).toEqual([
      "size",
      expect.stringContaining("expected 1000 bytes, got more"),
    ]);
    expect(entries()).toEqual([]);
  });

  test("tells another size by its hub than what comes without one", async () => {
    using server = await serve(async (_, reply) => {
      reply.head(200, { "transfer-encoding": "chunked", "x-linked-size": "1000" });
      await reply.write("4\r\nbody\r\n0\r\n\r\n");
    });
    const { fetch, entries } = folder();
    expect((await failureOf(fetch(server.url("/x"), "x"))).message).toContain("expected 1000 bytes, got 4");
    expect(entries()).toEqual([]);
  });

  test.skipIf(!isRoot)("sends without end, with room left for others", async () => {
    using disk = smallDisk(128 * MEBIBYTE);
    using server = await serve((_, reply) => sendEndless(reply));
    const { fetch } = folder();
    const failure = await failureOf(fetch(server.url("/x"), "x", { target: `${disk.path}/x` }));
    // Of ENOSPC, the message has the name.
    expect([failure.code, failure.message]).toEqual(["no-space", expect.not.stringContaining("ENOSPC")]);
    expect(readdirSync(disk.path)).toEqual([]);
  });
});

describe("download() comes through where a server", () => {
  test.each([
    [
      "answers with another range now and then",
      (first: number) => `bytes ${first + 1}-${first + 10}/${LARGE.length}`,
    ],
    ["has nonsense for a range", () => "bytes 18446744073709551615-/-1"],
    [
      "tells a size that no file has",
      (first: number) => `bytes ${first}-${first + 9}/99999999999999999999999`,
    ],
  ])("%s", async (_, contentRangeOf) => {
    let time = 0;
    using server = await serve((asked, reply) => {
      if (++time % 3 !== 2 || asked.range === undefined)
        return sendFile(asked, reply, LARGE, { etag: '"1"' });
      return reply.text(206, "0123456789", {
        etag: '"1"',
        "content-range": contentRangeOf(asked.range.offset),
      });
    });
    const { fetch, read } = folder();
    await fetch(server.url("/x"), "x", { limits: { attempts: 50, delaySeconds: 0.001 } });
    expect(sha256(read("x"))).toBe(sha256(LARGE));
  });

  test("sends more than the range that was asked for", async () => {
    using server = await serve(async (asked, reply) => {
      if (asked.range === undefined) return sendFile(asked, reply, LARGE, { etag: '"1"' });
      const { offset } = asked.range;
      const range = `bytes ${offset}-${LARGE.length - 1}/${LARGE.length}`;
      reply.head(206, { etag: '"1"', "content-range": range, "content-length": LARGE.length - offset });
      await reply.write(LARGE.subarray(offset));
    });
    const { fetch, read } = folder();
    await fetch(server.url("/x"), "x");
    expect(sha256(read("x"))).toBe(sha256(LARGE));
  });

  test("has a version as long as a book", async () => {
    using server = await serve((asked, reply) =>
      sendFile(asked, reply, LARGE, { etag: `"${"x".repeat(6000)}"` }),
    );
    const { fetch, read } = folder();
    await fetch(server.url("/x"), "x");
    expect(sha256(read("x"))).toBe(sha256(LARGE));
  });

  test("has another file without ranges the second time, whose time and version count", async () => {
    const [first, second] = [bytesOf(400_000, 3), bytesOf(500_000, 4)];
    let time = 0;
    using server = await serve((asked, reply) =>
      ++time === 1
        ? sendFile(asked, reply, first, {
            ranges: false,
            etag: '"1"',
            lastModified: "Thu, 01 Jan 2026 00:00:00 GMT",
            cutAfter: () => 100_000,
          })
        : sendFile(asked, reply, second, {
            ranges: false,
            etag: '"2"',
            lastModified: "Fri, 02 Jan 2026 00:00:00 GMT",
          }),
    );
    const { fetch, read, path } = folder();
    expect(await fetch(server.url("/x"), "x")).toMatchObject({ etag: '"2"', size: second.length });
    expect(read("x")).toEqual(second);
    expect(new Date(Bun.file(`${path}/x`).lastModified).toISOString()).toBe("2026-01-02T00:00:00.000Z");
  });
});

test("contentRange() takes no size that no file can have", () => {
  expect(contentRange("bytes 0-9/99999999999999999")).toBeUndefined();
});

test("a page behind many comments is found at once, and what is none, too", () => {
  const comments = "<!---->".repeat(200);
  expect(isHtml(`\uFEFF ${comments} <!DOCTYPE html>`)).toBe(true);
  expect(isHtml(`${comments}x`)).toBe(false);
  expect(isHtml("<!-- <html>")).toBe(false);
});

/** Each character by itself takes longer than any test may. */
test("a very long name is cut", () => {
  const name = safeName(`${"é".repeat(100_000)}.bin`) ?? "";
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
  expect(name).toEndWith("é.bin");
});

test("no wait that a server asks for lasts for ever", () => {
  expect(retryAfter("9".repeat(400))).toBe(600_000);
});

test("label() knows hosts that only look like a remote", () => {
  expect(label(new URL("http://rclone/%zz#%zz"))).toBe("rclone:%zz%zz");
});

test("a user in a URL that is not encoded properly is no reason to try again", async () => {
  using server = await serve((asked, reply) => reply.text(200, asked.headers.get("authorization") ?? ""));
  const { fetch, read } = folder();
  await fetch(server.url("/x").replace("//", "//us%er:pa%20ss@"), "x");
  expect(Buffer.from(read("x")).toString()).toBe(`Basic ${btoa("us%er:pa ss")}`);
  expect(server.asked).toHaveLength(1);
});

test("a token for this machine does not go to a proxy in the clear", async () => {
  using proxy = await serve((_, reply) => reply.text(403, "no"));
  const { fetch } = folder();
  const env = { HTTP_PROXY: proxy.url("") };
  expect(proxyFor(new URL("http://localhost:1/"), env)).toBeDefined();
  const failure = await failureOf(
    fetch("http://localhost:1/x", "x", { env, authorization: () => "secret", tokenName: () => "HF_TOKEN" }),
  );
  expect(proxy.asked.map(({ headers }) => headers.get("authorization"))).toEqual([null]);
  expect(failure.message).toContain("HF_TOKEN is not sent over plain http");
});

test.each([
  ["127.0.0.1"],
  ["localhost"],
  ["[::1]"],
  ["169.254.169.254"],
  ["0.0.0.0"],
  ["[::ffff:127.0.0.1]"],
  ["2130706433"],
])("a server elsewhere cannot have %s asked, whose services answer this machine alone", async (host) => {
  using proxy = await serve((_, reply) => reply.text(302, "", { location: `http://${host}:9/secret` }));
  const { fetch, entries } = folder();
  const env = { HTTP_PROXY: proxy.url("") };
  const failure = await failureOf(fetch("http://models.example/x", "x", { env }));
  expect(failure.message).toContain("expected a redirect to another machine");
  expect([proxy.asked.length, entries()]).toEqual([1, []]);
});

test("one connection that is much slower than others is not waited for", async () => {
  let isSlow = true;
  using server = await serve((asked, reply) => {
    // Of the last piece, so that there is no more work for others.
    const isLast = (asked.range?.end ?? 0) >= LARGE.length && (asked.range?.offset ?? 0) > 0;
    const pace = isLast && isSlow ? 1 : 4096;
    if (isLast) isSlow = false;
    return sendFile(asked, reply, LARGE, { etag: '"1"', pace });
  });
  const { fetch, read } = folder();
  await fetch(server.url("/x"), "x", { limits: { timeoutSeconds: 30 } });
  expect(sha256(read("x"))).toBe(sha256(LARGE));
}, 20_000);

test("a file that steers root is not named by a server", async () => {
  using server = await serve((_, reply) =>
    reply.text(200, "x", { "content-disposition": 'attachment; filename="Provisioning.yaml"' }),
  );
  const { fetch, path, entries } = folder();
  const refuses = (file: string) => file.toLowerCase() === `${path}/provisioning.yaml`.toLowerCase();
  expect((await failureOf(fetch(server.url("/x"), "", { refuses }))).code).toBe("name");
  expect(entries()).toEqual([]);
});
