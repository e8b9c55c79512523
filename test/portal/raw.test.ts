import { describe, expect, test } from "bun:test";
import { once } from "node:events";
import { createConnection } from "node:net";
import { PORTAL_PORT, startPortal } from "./_portal.ts";

/** Longer than a busy machine lets anybody wait for an answer that comes. */
const SILENCE_MILLISECONDS = 20_000;
/** Where the server waits for the rest of a body, and all that counts is what it must not say. */
const SHORT_SILENCE_MILLISECONDS = 500;

/** Sends bytes as they are, as Caddy would pass them on; resolves to the statuses of all answers. */
async function send(socket: string, bytes: string, silence = SILENCE_MILLISECONDS): Promise<number[]> {
  const connection = createConnection(socket);
  await once(connection, "connect");
  let answer = "";
  connection.on("data", (chunk) => (answer += chunk.toString()));
  connection.on("error", () => undefined);
  connection.write(bytes);
  // A server that waits for the rest of a body does not close.
  connection.setTimeout(silence, () => connection.destroy());
  await once(connection, "close");
  return [...answer.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status));
}

const head = (path: string, more = "", method = "GET") =>
  `${method} ${path} HTTP/1.1\r\nHost: box:1111\r\nX-AI-Dock-Port: ${PORTAL_PORT}\r\nX-AI-Dock-Client: 198.51.100.9\r\n${more}\r\n`;
const over = "Connection: close\r\n";

/** Where a login is needed, written in ways that mean something else to whoever reads them less carefully. */
const paths = [
  "/api/v1/state",
  "//api/v1/state",
  "/ai-dock/../api/v1/state",
  "/ai-dock/login/../../api/v1/state",
  "/ai-dock/login/%2e%2e/%2e%2e/api/v1/state",
  "/ai-dock/assets/../../api/v1/state",
  "/ai-dock/assets/portal.css/../../../api/v1/state",
  "/ai-dock/login\\..\\..\\api\\v1\\state",
  "/./api/v1/./state",
  "/api/v1/state/",
  "/api/v1/state;/ai-dock/login",
  "/api/v1/state?/ai-dock/login",
  "/api/v1/state#/ai-dock/login",
  "http://elsewhere/api/v1/state",
  "http://box:1111/ai-dock/login/../../api/v1/state",
  "/ai-dock/login%2f..%2f..%2fapi%2fv1%2fstate",
  "/.ai-dock/check",
  "/.ai-dock/../api/v1/state",
  "*",
];

describe("bytes that no client library sends", () => {
  test.each(paths)("%s opens nothing", async (path) => {
    await using portal = await startPortal();
    const statuses = await send(portal.listen, head(path, over));
    expect(statuses).toHaveLength(1);
    expect([302, 400, 401, 404]).toContain(statuses[0] ?? 0);
  });

  test.each([
    ["two lengths", "Content-Length: 4\r\nContent-Length: 90\r\n", "a=b\n"],
    ["a length and chunks", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"],
    ["chunks that are not said rightly", "Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"],
    ["a folded header", "X: a\r\n b: c\r\n", ""],
  ])("%s: a request hidden behind is not answered as somebody else's", async (_, headers, body) => {
    await using portal = await startPortal();
    const hidden = head("/api/v1/state", `Authorization: Bearer wrong\r\n${over}`);
    const bytes = head("/ai-dock/login", headers, "POST") + body + hidden;
    const statuses = await send(portal.listen, bytes, SHORT_SILENCE_MILLISECONDS);
    expect(statuses).not.toContain(200);
  });

  test("of headers that come twice none lets in who does not get in by one", async () => {
    await using portal = await startPortal();
    const Cookie = await portal.session();
    const right = "Authorization: Bearer token-one\r\n";
    const wrong = "Authorization: Bearer guess\r\n";
    for (const headers of [wrong + wrong, wrong + right, right + wrong])
      expect(await send(portal.listen, head("/api/v1/state", headers + over))).not.toContain(200);
    const twice = `Cookie: a=b\r\nCookie: ${Cookie}\r\n${over}`;
    expect(await send(portal.listen, head("/api/v1/state", twice))).toEqual([200]);
  });

  test("an origin that comes twice is nobody's", async () => {
    await using portal = await startPortal();
    const Cookie = await portal.session();
    const body = JSON.stringify({ action: "start", names: ["app"] });
    const origins = "Origin: http://box:1111\r\nOrigin: http://evil.example\r\n";
    const headers = `Cookie: ${Cookie}\r\n${origins}Content-Length: ${body.length}\r\n${over}`;
    expect(await send(portal.listen, head("/api/v1/actions", headers, "POST") + body)).toEqual([403]);
  });
});
