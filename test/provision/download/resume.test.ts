import { describe, expect, test } from "bun:test";
import { readFileSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { failureOf, folder } from "../fixture.ts";
import { bytesOf, type FileOptions, sendFile, serve, sha256 } from "../server-fixture.ts";

const LARGE = bytesOf(9_000_000, 2);
const OTHER = bytesOf(9_000_000, 3);

/** A download of `/x` that was interrupted about half-way. */
async function interrupted(options: FileOptions, extra: { sha256?: string } = {}) {
  const state = { content: LARGE, options };
  const server = await serve((asked, reply) => sendFile(asked, reply, state.content, state.options));
  const where = folder();
  const controller = new AbortController();
  let kept = 0;
  state.options = { ...options, pace: 2000 };
  const url = server.url("/x");
  const failure = await failureOf(
    where.fetch(url, "x", {
      ...extra,
      signal: controller.signal,
      onProgress({ received }) {
        kept = received;
        if (received > LARGE.length / 2) controller.abort();
      },
    }),
  );
  expect(failure.code).toBe("aborted");
  state.options = options;
  server.asked.length = 0;
  return {
    ...where,
    server,
    state,
    url,
    kept,
    journal: `${where.path}/.x.ai-dock-journal`,
    part: `${where.path}/.x.ai-dock-part`,
  };
}

const resumed = (fetched: number, kept: number) =>
  fetched <= LARGE.length - kept + 4 * 2 ** 20 && fetched < LARGE.length;

describe("download() resumes", () => {
  test.each([
    ["an ETag", { etag: '"1"' }],
    ["a weak ETag", { etag: 'W/"1"' }],
    ["a time", { lastModified: "Thu, 01 Jan 2026 00:00:00 GMT" }],
  ])("a part with %s", async (_, options) => {
    const { fetch, read, url, kept, server, entries } = await interrupted(options);
    let from: number | undefined;
    const { fetched } = await fetch(url, "x", { onProgress: ({ resumedFrom }) => (from ??= resumedFrom) });
    expect(read("x")).toEqual(LARGE);
    expect(resumed(fetched, kept)).toBe(true);
    expect(from).toBeGreaterThanOrEqual(kept);
    expect(entries()).toEqual(["x"]);
    server[Symbol.dispose]();
  });

  test("by its checksum alone, from another URL", async () => {
    const { fetch, read, kept, server } = await interrupted({}, { sha256: sha256(LARGE) });
    const { fetched } = await fetch(server.url("/mirror"), "x", { sha256: sha256(LARGE) });
    expect(read("x")).toEqual(LARGE);
    expect(resumed(fetched, kept)).toBe(true);
    server[Symbol.dispose]();
  });

  test("under the name that the server gives", async () => {
    const headers = { "content-disposition": 'attachment; filename="x"' };
    const { fetch, read, url, kept, server } = await interrupted({ etag: '"1"', headers });
    const { fetched, path } = await fetch(url, "");
    expect(path).toEndWith("/x");
    expect(read("x")).toEqual(LARGE);
    expect(resumed(fetched, kept)).toBe(true);
    server[Symbol.dispose]();
  });

  test("after the end of the machine, from what was on disk", async () => {
    const { fetch, read, url, journal, server } = await interrupted({ etag: '"1"' });
    const bytes = readFileSync(journal);
    // The page cache of another boot is gone: half of the pieces written were not synced.
    const header = JSON.parse(bytes.subarray(0, 4096).toString()) as { boot: string };
    bytes.write(
      bytes
        .subarray(0, 4096)
        .toString()
        .replace(header.boot, header.boot.replaceAll(/[\da-f]/g, "0")),
    );
    const count = Math.ceil(LARGE.length / 2 ** 20);
    const written = bytes.subarray(4096, 4096 + 4 * count);
    expect(written.some((byte) => byte !== 0)).toBe(true);
    bytes.fill(0, 4096 + 4 * count);
    written.copy(bytes, 4096 + 4 * count, 0, 4);
    writeFileSync(journal, bytes);
    const { fetched } = await fetch(url, "x");
    expect(read("x")).toEqual(LARGE);
    const synced = bytes.readUInt32LE(4096 + 4 * count);
    expect(fetched).toBeGreaterThanOrEqual(LARGE.length - synced);
    server[Symbol.dispose]();
  });
});

describe("download() begins anew", () => {
  test("when the file has another version", async () => {
    for (const fresh of [{ etag: '"2"' }, {}]) {
      const { fetch, read, url, state, server } = await interrupted({ etag: '"1"' });
      state.content = OTHER;
      state.options = fresh;
      await fetch(url, "x");
      expect(read("x")).toEqual(OTHER);
      server[Symbol.dispose]();
    }
  });

  test("when the server tells neither a version nor a checksum", async () => {
    const { fetch, read, url, state, server } = await interrupted({});
    state.content = OTHER;
    await fetch(url, "x");
    expect(read("x")).toEqual(OTHER);
    server[Symbol.dispose]();
  });

  test("when another checksum is wanted, or another URL", async () => {
    const one = await interrupted({ etag: '"1"' }, { sha256: sha256(LARGE) });
    one.state.content = OTHER;
    await one.fetch(one.url, "x", { sha256: sha256(OTHER) });
    expect(one.read("x")).toEqual(OTHER);
    one.server[Symbol.dispose]();
    const two = await interrupted({ etag: '"1"' });
    two.state.content = OTHER;
    await two.fetch(two.server.url("/y"), "x");
    expect(two.read("x")).toEqual(OTHER);
    two.server[Symbol.dispose]();
  });

  test("when the file has shrunk", async () => {
    const { fetch, read, url, state, server } = await interrupted({
      lastModified: "Thu, 01 Jan 2026 00:00:00 GMT",
    });
    state.content = bytesOf(1000);
    await fetch(url, "x");
    expect(read("x")).toEqual(bytesOf(1000));
    server[Symbol.dispose]();
  });

  test.each([
    ["is cut", (bytes: Buffer) => bytes.subarray(0, 5000)],
    ["is garbage", (bytes: Buffer) => Buffer.alloc(bytes.length, 7)],
    ["says more than there can be", (bytes: Buffer) => Buffer.from(bytes).fill(0xff, 4096)],
    ["is empty", () => Buffer.alloc(0)],
  ])("when the journal %s", async (_, damage) => {
    const { fetch, read, url, journal, server } = await interrupted({ etag: '"1"' });
    writeFileSync(journal, damage(readFileSync(journal)));
    await fetch(url, "x");
    expect(read("x")).toEqual(LARGE);
    server[Symbol.dispose]();
  });

  test.each([["part"], ["journal"]] as const)(
    "rather than write through a link in place of the %s",
    async (which) => {
      const found = await interrupted({ etag: '"1"' });
      const victim = `${folder().path}/victim`;
      writeFileSync(victim, "precious");
      unlinkSync(found[which]);
      symlinkSync(victim, found[which]);
      await found.fetch(found.url, "x");
      expect(sha256(found.read("x"))).toBe(sha256(LARGE));
      expect(readFileSync(victim, "utf8")).toBe("precious");
      found.server[Symbol.dispose]();
    },
  );
});
