import { expect, test } from "bun:test";
import { privateAuthority } from "../../features/provisioning/server-fixture.ts";
import { failureOf, folder } from "../fixture.ts";
import { bytesOf, sendFile, serve, sha256 } from "../server-fixture.ts";

const CONTENT = bytesOf(6_000_000);

function secure(answer: (request: Request) => Response) {
  const authority = privateAuthority();
  const seen: (string | null)[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    tls: { cert: authority.cert, key: authority.key },
    fetch(request) {
      seen.push(request.headers.get("authorization"));
      return answer(request);
    },
  });
  return {
    url: `https://127.0.0.1:${server.port}/x`,
    env: { SSL_CERT_FILE: authority.ca },
    seen,
    [Symbol.dispose]: () => void server.stop(true),
  };
}

test("a server with a certificate of a private authority is trusted where the environment says so", async () => {
  using server = secure(() => new Response(CONTENT));
  const { fetch, read } = folder();
  await fetch(server.url, "x", { env: server.env, authorization: () => "token" });
  expect(read("x")).toEqual(CONTENT);
  expect(server.seen).toEqual(["Bearer token"]);
});

test("an untrusted server gets no token, and is not asked again", async () => {
  using server = secure(() => new Response(CONTENT));
  const { fetch, entries } = folder();
  const failure = await failureOf(fetch(server.url, "x", { env: {}, authorization: () => "token" }));
  expect([failure.code, entries(), server.seen]).toEqual(["network", [], []]);
  expect(failure.message).toContain("expected a trusted server, got unable to verify");
});

test("a token does not follow from https to plain http on another machine", async () => {
  const seen: (string | null)[] = [];
  using proxy = await serve((asked, reply) => {
    seen.push(asked.headers.get("authorization"));
    return sendFile(asked, reply, CONTENT);
  });
  using server = secure(() => Response.redirect("http://other.example/x", 302));
  const { fetch } = folder();
  const extra = { env: { ...server.env, HTTP_PROXY: proxy.url("") }, authorization: () => "token" };
  await fetch(server.url, "x", { ...extra, sha256: sha256(CONTENT) });
  expect(server.seen).toEqual(["Bearer token"]);
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.filter((header) => header !== null)).toEqual([]);
  // Without a checksum, nobody knows whose bytes these are.
  const asked = seen.length;
  expect((await failureOf(fetch(server.url, "y", extra))).message).toContain(
    'expected a redirect to https, got one to plain http on "other.example"',
  );
  expect(seen).toHaveLength(asked);
});
