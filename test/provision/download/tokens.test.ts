import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { isPrivate } from "../../../src/provision/download/connection.ts";
import { tokensFrom } from "../../../src/provision/sources/tokens.ts";
import { failureOf, folder } from "../fixture.ts";
import { type Asked, bytesOf, type Reply, sendFile, serve, sha256 } from "../server-fixture.ts";

const SMALL = bytesOf(100_000);
const LARGE = bytesOf(9_000_000, 2);
const TOKEN = "hf_verysecrettoken";

/** A hub, which redirects to a storage that refuses a second authorization, and an environment that knows the hub. */
async function hub(content: Uint8Array, refuse?: (asked: Asked, reply: Reply) => boolean) {
  const storage = await serve(async (asked, reply) => {
    if (asked.headers.has("authorization")) reply.text(400, "Only one auth mechanism allowed");
    else if (asked.query.get("signature") !== "signedsecret") reply.text(403, "no signature");
    else await sendFile(asked, reply, content, { etag: '"of-storage"' });
  }, "127.0.0.2");
  const server = await serve((asked, reply) => {
    if (refuse?.(asked, reply) === true) return;
    reply.text(302, "", {
      location: `${storage.url("/blob")}?signature=signedsecret`,
      "x-linked-etag": `"${sha256(content)}"`,
      "x-linked-size": content.length,
      "x-repo-commit": "0".repeat(40),
    });
  });
  const url = server.url("/owner/repo/resolve/main/model.safetensors");
  return {
    ...folder(),
    server,
    storage,
    url,
    tokens: (env: Record<string, string>) => tokensFrom({ HF_ENDPOINT: server.url(""), ...env }),
    [Symbol.dispose]() {
      server[Symbol.dispose]();
      storage[Symbol.dispose]();
    },
  };
}

/** What a hub says no with. */
const saying = (status: number, code: string, message: string) => (_: Asked, reply: Reply) => {
  reply.text(status, "{}", { "x-error-code": code, "x-error-message": message });
  return true;
};

describe("a hub that redirects to its storage", () => {
  test("gets the token, its storage does not, and the checksum that it tells counts", async () => {
    using at = await hub(LARGE);
    const result = await at.fetch(at.url, "x", { ...at.tokens({ HF_TOKEN: TOKEN }) });
    expect(at.read("x")).toEqual(LARGE);
    expect(result.sha256).toBe(sha256(LARGE));
    expect(at.server.asked.map(({ headers }) => headers.get("authorization"))).toEqual([`Bearer ${TOKEN}`]);
    expect(at.storage.asked.length).toBeGreaterThan(1);
    expect(at.storage.asked.filter(({ headers }) => headers.has("authorization"))).toEqual([]);
  });

  test("is found out when the storage has other bytes", async () => {
    using at = await hub(SMALL);
    const other = bytesOf(100_000, 4);
    using liar = await serve((_, reply) =>
      reply.text(302, "", {
        location: `${at.storage.url("/blob")}?signature=signedsecret`,
        "x-linked-etag": `"${sha256(other)}"`,
      }),
    );
    const failure = await failureOf(at.fetch(liar.url("/x"), "x"));
    expect([failure.code, at.entries()]).toEqual(["checksum", []]);
  });

  test("is found out when the storage has another size", async () => {
    using at = await hub(SMALL);
    using liar = await serve((_, reply) =>
      reply.text(302, "", {
        location: `${at.storage.url("/blob")}?signature=signedsecret`,
        "x-linked-size": 7,
      }),
    );
    const failure = await failureOf(at.fetch(liar.url("/x"), "x"));
    expect([failure.code, at.entries()]).toEqual(["size", []]);
  });

  test("is found out before anything comes when it has another checksum or size than wanted", async () => {
    using at = await hub(LARGE);
    expect((await failureOf(at.fetch(at.url, "x", { sha256: "1".repeat(64) }))).code).toBe("checksum");
    expect((await failureOf(at.fetch(at.url, "x", { size: 7 }))).code).toBe("size");
    expect(at.entries()).toEqual([]);
  });
});

describe("a refusal of a hub", () => {
  test.each([
    [
      "no token for a gated repository",
      {},
      401,
      "GatedRepo",
      "Access to model owner/repo is restricted.",
      "unauthorized",
      "gated, and HF_TOKEN is not set",
      /^Accept the terms at \S+\/owner\/repo, and set HF_TOKEN/,
    ],
    [
      "no token for a private one",
      {},
      401,
      "RepoNotFound",
      "Invalid username or password.",
      "unauthorized",
      "a login is needed, and HF_TOKEN is not set",
      /^Set HF_TOKEN; a repository that is not there/,
    ],
    [
      "an invalid token",
      { HF_TOKEN: TOKEN },
      401,
      "",
      `Invalid credentials, ${TOKEN}`,
      "token-invalid",
      "HF_TOKEN is not valid",
      /^Set HF_TOKEN to a valid one/,
    ],
    [
      "a token without access",
      { HF_TOKEN: TOKEN },
      403,
      "GatedRepo",
      "You are not in the authorized list.",
      "forbidden-gated",
      "gated, and HF_TOKEN has no access",
      /^Ask for access at \S+\/owner\/repo with the account of HF_TOKEN/,
    ],
    [
      "no such file",
      {},
      404,
      "EntryNotFound",
      "Entry not found",
      "not-found",
      "HTTP 404: not there",
      /path of the file/,
    ],
    [
      "no such revision",
      {},
      404,
      "RevisionNotFound",
      "Invalid rev id",
      "not-found",
      "HTTP 404: not there",
      /branch, tag or commit/,
    ],
    [
      "no such repository",
      { HF_TOKEN: TOKEN },
      404,
      "RepoNotFound",
      "Repository not found",
      "not-found",
      "HTTP 404: not there",
      /owner and name.*HF_TOKEN/,
    ],
  ] as [string, Record<string, string>, number, string, string, string, string, RegExp][])(
    "%s",
    async (_, env, status, name, message, code, text, hint) => {
      using at = await hub(SMALL, saying(status, name, message));
      const failure = await failureOf(at.fetch(at.url, "x", { ...at.tokens(env) }));
      expect([failure.code as string, at.entries(), at.server.asked.length]).toEqual([code, [], 1]);
      expect(failure.message).toContain(text);
      expect(failure.hint).toMatch(hint);
      expect(failure.message + failure.hint).not.toContain(TOKEN);
    },
  );
});

describe("a token", () => {
  test("is for its host alone, whatever that redirects to or is redirected from", async () => {
    using other = await serve((asked, reply) => sendFile(asked, reply, SMALL), "127.0.0.3");
    using server = await serve((_, reply) => reply.text(307, "", { location: other.url("/x") }));
    const { fetch } = folder();
    await fetch(server.url("/x"), "x", {
      ...tokensFrom({ HF_ENDPOINT: server.url(""), HF_TOKEN: TOKEN, CIVITAI_TOKEN: "c" }),
    });
    await fetch(other.url("/y"), "y", { ...tokensFrom({ HF_ENDPOINT: server.url(""), HF_TOKEN: TOKEN }) });
    expect(server.asked[0]?.headers.get("authorization")).toBe(`Bearer ${TOKEN}`);
    expect(other.asked.map(({ headers }) => headers.get("authorization"))).toEqual([null, null]);
  });

  test("never goes over plain http to another machine", async () => {
    const seen: string[] = [];
    using proxy = await serve((asked, reply) => {
      seen.push(`${asked.path} ${asked.headers.get("authorization")}`);
      reply.text(200, "content");
    });
    const { fetch } = folder();
    const env = { HTTP_PROXY: proxy.url("") };
    await fetch("http://huggingface.co/x", "x", { env, ...tokensFrom({ HF_TOKEN: TOKEN }) });
    expect(seen).toEqual(["/x null"]);
    using strict = await serve((_, reply) => reply.text(401, "who?"));
    const withheld = { env: { HTTP_PROXY: strict.url("") }, ...tokensFrom({ HF_TOKEN: TOKEN }) };
    const failure = await failureOf(fetch("http://huggingface.co/y", "y", withheld));
    expect(failure.message).toContain("HTTP 401: HF_TOKEN is not sent over plain http");
    const isAllowed = (host: string) => isPrivate(new URL(`http://${host}/`), {});
    expect(["localhost", "127.0.0.1", "127.9.9.9", "[::1]"].filter((host) => !isAllowed(host))).toEqual([]);
    expect(["localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "x"].filter(isAllowed)).toEqual(
      [],
    );
  });

  test("of CivitAI does not follow the redirect, and the name comes from the storage", async () => {
    using storage = await serve(async (asked, reply) => {
      if (asked.headers.has("authorization")) reply.text(400, "<Error>InvalidArgument</Error>");
      else
        await sendFile(asked, reply, SMALL, {
          headers: { "content-disposition": 'attachment; filename="lora v1.safetensors"' },
        });
    }, "127.0.0.2");
    using server = await serve((asked, reply) =>
      asked.headers.get("authorization") === "Bearer civitaisecret"
        ? reply.text(307, "", { location: storage.url("/b2/x?X-Amz-Signature=signedsecret") })
        : reply.text(401, '{"error":"Unauthorized"}'),
    );
    const { fetch, entries } = folder();
    const tokens = (env: Record<string, string>) => tokensFrom({ CIVITAI_ENDPOINT: server.url(""), ...env });
    await fetch(server.url("/api/download/models/1"), "", {
      ...tokens({ CIVITAI_API_KEY: "civitaisecret" }),
    });
    expect(entries()).toEqual(["lora v1.safetensors"]);
    const missing = await failureOf(fetch(server.url("/api/download/models/1"), "", { ...tokens({}) }));
    expect([missing.code, missing.hint?.split(";")[0]]).toEqual(["unauthorized", "Set CIVITAI_TOKEN"]);
    const wrong = await failureOf(
      fetch(server.url("/api/download/models/1"), "", { ...tokens({ CIVITAI_TOKEN: "civitaiwrong" }) }),
    );
    expect(wrong.code).toBe("token-invalid");
    expect(wrong.message).not.toContain("civitaiwrong");
  });

  test("is missing where a page to log in comes instead of the file", async () => {
    using server = await serve((asked, reply) =>
      asked.path === "/login"
        ? reply.text(200, "<!doctype html>", { "content-type": "text/html" })
        : reply.text(302, "", { location: "/login?returnUrl=/x" }),
    );
    const tokens = tokensFrom({ CIVITAI_ENDPOINT: server.url("") });
    const failure = await failureOf(folder().fetch(server.url("/api/download/models/1"), "x", { ...tokens }));
    expect([failure.code, failure.hint]).toEqual(["unauthorized", "Set CIVITAI_TOKEN"]);
  });

  test("with a line break in it is refused before it is sent", async () => {
    using server = await serve((asked, reply) => sendFile(asked, reply, SMALL));
    const tokens = tokensFrom({ HF_ENDPOINT: server.url(""), HF_TOKEN: "hf_a\nX-Evil: 1" });
    const failure = await failureOf(folder().fetch(server.url("/x"), "x", { ...tokens }));
    expect([failure.code, server.asked.length]).toEqual(["token-invalid", 0]);
    expect(failure.message).not.toContain("hf_a");
  });

  test("comes from the first of the variables that is set, or from a file", () => {
    const of = (env: Record<string, string>) => tokensFrom(env).authorization("huggingface.co");
    expect(of({ HF_TOKEN: " a ", HUGGING_FACE_HUB_TOKEN: "b" })).toBe("a");
    expect(of({ HF_TOKEN: "", HUGGING_FACE_HUB_TOKEN: "b" })).toBe("b");
    expect(of({})).toBeUndefined();
    const { path } = folder();
    expect(() => of({ HF_TOKEN_FILE: `${path}/none` })).toThrow(
      "HF_TOKEN_FILE: expected a file with a token",
    );
    expect(tokensFrom({ HF_TOKEN: "a" }).authorization("cdn-lfs.huggingface.co")).toBeUndefined();
    expect(tokensFrom({ HF_TOKEN: "a" }).authorization("evilhuggingface.co")).toBeUndefined();
  });
});

test("neither user nor password of a URL go to another host, into messages or into what is kept", async () => {
  using other = await serve((asked, reply) => sendFile(asked, reply, SMALL), "127.0.0.3");
  using server = await serve(async (asked, reply) => {
    if (asked.headers.get("authorization") !== `Basic ${btoa("me:s3cret")}`) reply.text(401, "who?");
    else if (asked.path === "/away") reply.text(302, "", { location: other.url("/x") });
    else await sendFile(asked, reply, LARGE, { etag: '"1"', pace: 2000 });
  });
  const { fetch, path } = folder();
  const controller = new AbortController();
  const withUser = (where: string) => server.url(where).replace("//", "//me:s3cret@");
  await failureOf(
    fetch(`${withUser("/x")}?token=s3cret`, "x", {
      signal: controller.signal,
      onProgress: ({ received }) => received > 0 && controller.abort(),
    }),
  );
  expect(readFileSync(`${path}/.x.ai-dock-journal`, "latin1")).not.toContain("s3cret");
  expect((await fetch(withUser("/away"), "y")).source).toBe(server.url("/away"));
  expect(other.asked[0]?.headers.get("authorization")).toBeNull();
  const failure = await failureOf(fetch(`${server.url("/x").replace("//", "//me:wr0ng@")}?token=wr0ng`, "z"));
  expect(failure.code).toBe("token-invalid");
  expect(failure.message + failure.hint).not.toContain("wr0ng");
});
