import { describe, expect, test } from "bun:test";
import { resolveSource } from "../../../src/provision/sources/resolve.ts";
import { failureOf } from "../fixture.ts";
import { type Handler, serve } from "../server-fixture.ts";

const { signal } = new AbortController();
const SHA = "ab".repeat(32);

const json = (value: unknown, headers: Record<string, string> = {}) =>
  [JSON.stringify(value), { "content-type": "application/json", ...headers }] as const;

async function hub(handler: Handler, endpoint = "HF_ENDPOINT") {
  const server = await serve(handler);
  const resolve = (source: string, env: Record<string, string> = {}) =>
    resolveSource(source, { [endpoint]: server.url(""), ...env }, signal);
  return Object.assign(server, { resolve });
}

describe("hf:", () => {
  const entries = [
    { type: "file", path: "README.md", size: 10, oid: "1" },
    { type: "directory", path: "sub", size: 0, oid: "2" },
    {
      type: "file",
      path: "sub/a b#.safetensors",
      size: 134,
      oid: "3",
      lfs: { oid: SHA, size: 9e9, pointerSize: 134 },
    },
  ];

  test("one file is a URL, without a question to the hub", async () => {
    using server = await hub(() => undefined);
    expect(await server.resolve("hf:owner/repo/sub/model one.bin")).toEqual({
      files: [{ url: server.url("/owner/repo/resolve/main/sub/model%20one.bin"), name: "model one.bin" }],
      host: server.host,
      isFolder: false,
    });
    const { files } = await server.resolve("hf:datasets/owner/repo@refs%2Fpr%2F1/x");
    expect(files[0]?.url).toBe(server.url("/datasets/owner/repo/resolve/refs%2Fpr%2F1/x"));
    expect(server.asked).toEqual([]);
  });

  test("a repository is listed page by page, with sizes and checksums, and with the token", async () => {
    using server = await hub((asked, reply) => {
      const next = `<${server.url(asked.path)}?recursive=true&cursor=2>; rel="next"`;
      if (asked.query.get("cursor") === "2") reply.text(200, ...json(entries.slice(2)));
      else reply.text(200, ...json(entries.slice(0, 2), { link: next }));
    });
    const { files, isFolder } = await server.resolve("hf:owner/repo@v1", { HF_TOKEN: "hf_token" });
    expect(files).toEqual([
      { url: server.url("/owner/repo/resolve/v1/README.md"), name: "README.md", size: 10 },
      {
        url: server.url("/owner/repo/resolve/v1/sub/a%20b%23.safetensors"),
        name: "sub/a b#.safetensors",
        size: 9e9,
        sha256: SHA,
      },
    ]);
    expect(isFolder).toBe(true);
    expect(server.asked.map(({ path, headers }) => [path, headers.get("authorization")])).toEqual([
      ["/api/models/owner/repo/tree/v1", "Bearer hf_token"],
      ["/api/models/owner/repo/tree/v1", "Bearer hf_token"],
    ]);
  });

  test.each([
    ["hf:owner/repo/sub/", ["sub/a b#.safetensors"]],
    ["hf:owner/repo/*.md", ["README.md"]],
    ["hf:owner/repo/**/*.safetensors", ["sub/a b#.safetensors"]],
  ])("%s", async (source, names) => {
    using server = await hub((_, reply) => reply.text(200, ...json(entries)));
    expect((await server.resolve(source)).files.map(({ name }) => name as string)).toEqual(names);
  });

  test("the addresses of its pages", async () => {
    using server = await hub((_, reply) => reply.text(200, ...json(entries)));
    const { files } = await server.resolve(server.url("/owner/repo/blob/main/sub/x.bin?download=true"));
    expect(files).toEqual([{ url: server.url("/owner/repo/resolve/main/sub/x.bin"), name: "x.bin" }]);
    expect((await server.resolve(server.url("/owner/repo/tree/main/sub"))).files.length).toBe(1);
    expect((await server.resolve(server.url("/datasets/owner/repo"))).files.length).toBe(2);
    expect(server.asked.at(-1)?.path).toBe("/api/datasets/owner/repo/tree/main");
  });

  test("what leads out of the target is refused", async () => {
    for (const path of ["../x", "/etc/x", "a/../../x", "a//b", "a\nb"]) {
      using server = await hub((_, reply) => reply.text(200, ...json([{ type: "file", path, size: 1 }])));
      expect((await failureOf(server.resolve("hf:owner/repo"))).code).toBe("name");
    }
  });

  test("what is not there, not allowed or no answer is said", async () => {
    using server = await hub((asked, reply) => {
      if (asked.path.includes("gated")) reply.text(401, "", { "x-error-code": "GatedRepo" });
      else if (asked.path.includes("strange")) reply.text(200, "{}");
      else reply.text(200, "[]");
    });
    const gated = await failureOf(server.resolve("hf:owner/gated"));
    expect([gated.code, gated.hint]).toEqual([
      "unauthorized",
      `Accept the terms at ${server.url("/owner/gated")}, and set HF_TOKEN to a token of that account`,
    ]);
    expect((await failureOf(server.resolve("hf:owner/strange"))).code).toBe("source");
    expect((await failureOf(server.resolve("hf:owner/repo/*.bin"))).code).toBe("not-found");
    expect((await failureOf(server.resolve("hf:owner"))).message).toContain("expected hf:OWNER/REPOSITORY");
  });
});

describe("civitai:", () => {
  const files = [
    {
      name: "m.ckpt",
      sizeKB: 2000.5,
      type: "Model",
      metadata: { format: "PickleTensor", fp: "fp16" },
      hashes: {},
    },
    {
      name: "../m.safetensors",
      sizeKB: 1024,
      type: "Model",
      primary: true,
      metadata: { format: "SafeTensor", fp: "fp32" },
      hashes: { SHA256: SHA.toUpperCase() },
    },
  ];
  const civitai = () =>
    hub((asked, reply) => {
      if (asked.path === "/api/v1/models/7") reply.text(200, ...json({ modelVersions: [{ id: 42 }] }));
      else if (asked.path === "/api/v1/model-versions/42") reply.text(200, ...json({ files }));
      else reply.text(404, "{}");
    }, "CIVITAI_ENDPOINT");

  test("a version is its primary file, by a safe name, with size and checksum", async () => {
    using server = await civitai();
    const primary = { name: "m.safetensors", size: 1_048_576, sha256: SHA };
    const url = server.url("/api/download/models/42");
    expect(await server.resolve("civitai:42")).toEqual({
      files: [{ url, ...primary }],
      host: server.host,
      isFolder: false,
    });
    for (const source of ["/models/7", "/models/7/a-name?modelVersionId=42", "/api/download/models/42"])
      expect((await server.resolve(server.url(source))).files).toEqual([{ url, ...primary }]);
  });

  test("a query chooses another file, or the server does", async () => {
    using server = await civitai();
    const [picked] = (await server.resolve("civitai:42?type=Model&format=PickleTensor")).files;
    expect(picked).toEqual({
      url: server.url("/api/download/models/42?type=Model&format=PickleTensor"),
      name: "m.ckpt",
      size: 2_048_512,
    });
    expect((await server.resolve("civitai:42?type=Model")).files).toEqual([
      { url: server.url("/api/download/models/42?type=Model") },
    ]);
  });

  test("what is no version, or is not there", async () => {
    using server = await civitai();
    expect((await failureOf(server.resolve("civitai:43"))).code).toBe("not-found");
    const failure = await failureOf(server.resolve("civitai:name?token=secret"));
    expect(failure.code).toBe("source");
    expect(failure.message).not.toContain("secret");
  });
});

describe("other sources", () => {
  test("a URL is itself, and the server names the file", async () => {
    expect(await resolveSource(" https://a.example/x/model.bin?v=1 ", {}, signal)).toEqual({
      files: [{ url: "https://a.example/x/model.bin?v=1" }],
      host: "a.example",
      isFolder: false,
    });
  });

  test.each([
    ["https://a.example"],
    ["ftp://a.example/secret"],
    ["model.bin"],
    ["git:x"],
    ["rclone:x"],
    [""],
  ])("%p is none", async (source) =>
    expect((await failureOf(resolveSource(source, {}, signal))).code).toBe("source"),
  );

  test("parameters of a remote are refused, as argv is no place for secrets", async () => {
    const failure = await failureOf(resolveSource("rclone:s,secret_access_key=verysecret:b/x", {}, signal));
    expect(failure.code).toBe("source");
    expect(failure.message).not.toContain("verysecret");
  });
});
