import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname } from "node:path";
import { resolveSource } from "../../../src/provision/sources/resolve.ts";
import { environmentFor } from "../../../src/provision/rclone/process.ts";
import { findProgram } from "../../../src/sys/which.ts";
import { failureOf, folder } from "../fixture.ts";
import { startDownload } from "../process-fixture.ts";
import { bytesOf, sendFile, serve, sha256 } from "../server-fixture.ts";

/** The engine of the tests has one, where the machine has none. */
const FROM_ENGINE = `${process.env["XDG_CACHE_HOME"] ?? `${process.env["HOME"] ?? ""}/.cache`}/ai-dock/engine/root/usr/bin/rclone`;
const RCLONE =
  findProgram("rclone", process.env["PATH"]) ?? (existsSync(FROM_ENGINE) ? FROM_ENGINE : undefined);
const SECRET = "verysecretpassword";
const LARGE = bytesOf(9_000_000, 2);
const { signal } = new AbortController();

/** A remote called "store" in the environment alone. */
function store() {
  const { path } = folder();
  mkdirSync(`${path}/sub`);
  writeFileSync(`${path}/model a#1?.bin`, LARGE);
  writeFileSync(`${path}/sub/b.bin`, "b");
  const env = {
    PATH: `${dirname(RCLONE ?? "")}${delimiter}${process.env["PATH"] ?? ""}`,
    RCLONE_CONFIG: "/dev/null",
    RCLONE_CONFIG_STORE_TYPE: "alias",
    RCLONE_CONFIG_STORE_REMOTE: path,
    RCLONE_CONFIG_OTHER_PASS: SECRET,
  };
  return { path, env };
}

/** Processes of rclone that serve our remote, with their words. */
function running(): { pid: string; words: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return { pid, words: readFileSync(`/proc/${pid}/cmdline`, "utf8") };
      } catch {
        return { pid, words: "" };
      }
    })
    .filter(({ words }) => /(^|\/|\0)rclone\0/.test(words) && words.includes("store:"));
}

const commands = () => running().map(({ words }) => words);
const serving = () => running().map(({ pid }) => pid);

async function ended(): Promise<void> {
  while (running().length > 0) await Bun.sleep(5);
}

describe.skipIf(RCLONE === undefined)("rclone:", () => {
  test("a file and a folder of a remote are resolved", async () => {
    const { env } = store();
    expect(await resolveSource("rclone:store:model a#1?.bin", env, signal)).toEqual({
      files: [{ url: "rclone:store:model a#1?.bin", name: "model a#1?.bin", size: LARGE.length }],
      host: "rclone",
      isFolder: false,
    });
    const { files, isFolder } = await resolveSource("rclone:store:", env, signal);
    expect(isFolder).toBe(true);
    expect(files.toSorted((a, b) => a.url.localeCompare(b.url))).toEqual([
      { url: "rclone:store:model a#1?.bin", name: "model a#1?.bin", size: LARGE.length },
      { url: "rclone:store:sub/b.bin", name: "sub/b.bin", size: 1 },
    ]);
    const failure = await failureOf(resolveSource("rclone:store:none", env, signal));
    expect([failure.code, failure.message]).toEqual([
      "not-found",
      '"rclone:store:none": expected a file, got: Failed to lsjson: directory not found',
    ]);
    expect((await failureOf(resolveSource("rclone:nowhere:x", env, signal))).message).toContain(
      "didn't find section",
    );
  });

  test("a file is downloaded and checked, and nothing is left running", async () => {
    const { env } = store();
    const { fetch, read, entries } = folder();
    const result = await fetch("rclone:store:model a#1?.bin", "x", { env, sha256: sha256(LARGE) });
    expect(read("x")).toEqual(LARGE);
    expect([result.source, entries()]).toEqual(["rclone:store:model a#1?.bin", ["x"]]);
    const failure = await failureOf(fetch("rclone:store:none", "y", { env }));
    expect([failure.code, entries()]).toEqual(["not-found", ["x"]]);
    await ended();
  });

  test("a file has its name with a colon in it", async () => {
    const { env, path } = store();
    writeFileSync(`${path}/10:30.bin`, "top");
    writeFileSync(`${path}/sub/a:b.bin`, "below");
    const { fetch, read } = folder();
    await fetch("rclone:store:10:30.bin", "x", { env });
    await fetch("rclone:store:sub/a:b.bin", "y", { env });
    expect([read("x"), read("y")].map((bytes) => Buffer.from(bytes).toString())).toEqual(["top", "below"]);
    await ended();
  });

  test("files of a folder come from one rclone, which ends behind them", async () => {
    const { env } = store();
    const { fetch, entries } = folder();
    const seen = new Set<string>();
    const onProgress = () => {
      for (const pid of serving()) seen.add(pid);
    };
    for (const name of ["1", "2"]) await fetch("rclone:store:model a#1?.bin", name, { env, onProgress });
    await Promise.all(
      ["3", "4"].map((name) => fetch("rclone:store:model a#1?.bin", name, { env, onProgress })),
    );
    expect(seen.size).toBe(1);
    await ended();
    await fetch("rclone:store:model a#1?.bin", "5", { env, onProgress });
    expect([seen.size, entries()]).toEqual([2, ["1", "2", "3", "4", "5"]]);
    await ended();
  });

  test("a kill leaves no server behind, secrets are in no argument, and the next download goes on", async () => {
    const { env, path: remote } = store();
    const size = 200 * 2 ** 20;
    Bun.spawnSync(["truncate", "-s", String(size), `${remote}/large`]);
    const { path } = folder();
    const request = { url: "rclone:store:large", target: `${path}/large` };
    // Not at its end before it is killed.
    const first = startDownload(request, { ...env, RCLONE_BWLIMIT: "8M" });
    await first.line();
    expect(commands().length).toBeGreaterThan(0);
    expect(commands().filter((words) => words.includes(SECRET))).toEqual([]);
    first.child.kill("SIGKILL");
    await first.child.exited;
    await ended();
    const second = startDownload(request, env);
    expect((await second.line())?.["resumedFrom"]).toBeGreaterThan(0);
    expect(await second.line()).toMatchObject({ size });
    await second.child.exited;
  });

  test("without rclone it says so", async () => {
    const failure = await failureOf(resolveSource("rclone:store:x", { PATH: "/nonexistent" }, signal));
    expect(failure.message).toBe("rclone: expected it to be installed, got none in PATH");
  });
});

/** As much of S3 as reading a bucket takes. */
async function bucket() {
  return await serve(async (asked, reply) => {
    const lists = asked.path === "/bucket" || asked.path === "/bucket/";
    if (asked.method === "HEAD" && asked.path === "/bucket/folder/model.bin") {
      reply.head(200, { "content-length": LARGE.length, etag: '"e"', "last-modified": MODIFIED });
    } else if (asked.path === "/bucket/folder/model.bin") {
      await sendFile(asked, reply, LARGE, { etag: '"e"', lastModified: MODIFIED });
    } else if (lists && asked.query.get("prefix") === "folder/") {
      const object = `<Contents><Key>folder/model.bin</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"e"</ETag><Size>${LARGE.length}</Size></Contents>`;
      reply.text(
        200,
        `<ListBucketResult><Name>bucket</Name><Prefix>folder/</Prefix><IsTruncated>false</IsTruncated>${object}</ListBucketResult>`,
        { "content-type": "application/xml" },
      );
    } else {
      reply.text(404, "<Error><Code>NoSuchKey</Code></Error>", { "content-type": "application/xml" });
    }
  });
}

const MODIFIED = "Thu, 01 Jan 2026 00:00:00 GMT";

test.skipIf(RCLONE === undefined)(
  "s3: a key of a bucket is downloaded, signed with the keys of the environment",
  async () => {
    using server = await bucket();
    const env = {
      PATH: store().env.PATH,
      RCLONE_CONFIG: "/dev/null",
      AWS_ENDPOINT_URL: server.url(""),
      AWS_ACCESS_KEY_ID: "keyid",
      AWS_SECRET_ACCESS_KEY: SECRET,
    };
    const { files } = await resolveSource("s3://bucket/folder/model.bin", env, signal);
    expect(files).toEqual([
      { url: "rclone::s3:bucket/folder/model.bin", name: "model.bin", size: LARGE.length },
    ]);
    const refused = resolveSource("s3://bucket/folder/none.bin", env, signal);
    expect(refused).rejects.toMatchObject({
      message: expect.stringContaining('"s3://bucket/folder/none.bin": expected a file, got: '),
      hint: expect.stringContaining("AWS_ACCESS_KEY_ID"),
    });
    const { fetch, read } = folder();
    await fetch(files[0]?.url ?? "", "x", { env });
    expect(sha256(read("x"))).toBe(sha256(LARGE));
    const signed = server.asked.map(({ headers }) => headers.get("authorization") ?? "");
    expect(signed.filter((header) => !header.startsWith("AWS4-HMAC-SHA256 Credential=keyid/"))).toEqual([]);
  },
);

test("S3 gets its keys from the environment, and another provider by its endpoint", () => {
  const keys = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "key", HF_TOKEN: "hf" };
  expect(environmentFor(":s3:bucket/key", keys)).toMatchObject({
    AWS_ACCESS_KEY_ID: "id",
    RCLONE_S3_ENV_AUTH: "true",
    RCLONE_S3_PROVIDER: "AWS",
  });
  const own = environmentFor(":s3:bucket/key", { ...keys, AWS_ENDPOINT_URL: "http://127.0.0.1:9000" });
  expect([own["RCLONE_S3_PROVIDER"], own["RCLONE_S3_ENDPOINT"]]).toEqual(["Other", "http://127.0.0.1:9000"]);
  expect(Object.keys(own)).not.toContain("HF_TOKEN");
  expect(environmentFor("drive:x", keys)["RCLONE_S3_ENV_AUTH"]).toBeUndefined();
});
