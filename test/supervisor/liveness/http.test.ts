import { afterAll, expect, test } from "bun:test";
import type { Socket } from "bun";
import { answersHttp, statusOf } from "../../../src/supervisor/liveness/http.ts";

const OK = "HTTP/1.1 200 OK\r\n\r\n";
const LOCALHOST = "127.0.0.1";

type Talk = (socket: Socket, request: string) => unknown;
const servers: { stop(force: boolean): void }[] = [];
afterAll(() => servers.forEach((server) => server.stop(true)));

/** A server that says what it likes to whoever asks; its address. */
function speaking(talk: Talk): string {
  const server = Bun.listen({
    hostname: LOCALHOST,
    port: 0,
    socket: {
      data: (socket, data) => void talk(socket, data.toString()),
      error() {},
    },
  });
  servers.push(server);
  return `http://${LOCALHOST}:${server.port}/up?x=1`;
}

const says = (text: string) => speaking((socket) => void socket.end(text));

async function ask(url: string, seconds = 20): Promise<string | undefined> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), seconds * 1000);
  try {
    return await answersHttp(url, limit.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** Says `first`, and then the same again and again until the other end has gone. */
function endless(first: string, text: string) {
  const closed = Promise.withResolvers<void>();
  const server = Bun.listen({
    hostname: LOCALHOST,
    port: 0,
    socket: {
      data(socket) {
        socket.write(first);
        const more = () => {
          if (socket.readyState !== 1) return;
          for (let many = 0; many < 16; many++) socket.write(text);
          setTimeout(more, 1);
        };
        more();
      },
      close: () => closed.resolve(),
      error() {},
    },
  });
  servers.push(server);
  return { url: `http://${LOCALHOST}:${server.port}/`, closed: closed.promise };
}

test("2xx and 3xx are answers, whatever comes after the head; others are none", async () => {
  expect(await ask(says(OK))).toBeUndefined();
  expect(await ask(says("HTTP/1.0 204 \r\n\r\n"))).toBeUndefined();
  expect(await ask(says("HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n"))).toBeUndefined();
  expect(await ask(says("HTTP/1.1 404 Not Found\r\n\r\n"))).toBe("status 404");
  expect(await ask(says("HTTP/1.1 503\r\n\r\n"))).toBe("status 503");
  expect(await ask(says(`HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 500 No\r\n\r\n`))).toBe(
    "status 500",
  );
});

test("a redirection, be it to itself, is not followed", async () => {
  let asked = 0;
  const url: string = speaking((socket) => {
    asked++;
    socket.end(`HTTP/1.1 301 Moved\r\nLocation: ${url}\r\n\r\n`);
  });
  expect(await ask(url)).toBeUndefined();
  expect(asked).toBe(1);
});

test("what is asked names the host, the path and the login of the address", async () => {
  let seen = "";
  const url = speaking((socket, request) => {
    seen = request;
    socket.end(OK);
  });
  expect(await ask(url.replace("//", "//me:p%40ss@"))).toBeUndefined();
  expect(seen).toBe(
    [
      "GET /up?x=1 HTTP/1.1",
      `Host: ${new URL(url).host}`,
      "User-Agent: ai-dock",
      "Accept: */*",
      `Authorization: Basic ${btoa("me:p@ss")}`,
      "Connection: close",
      "\r\n",
    ].join("\r\n"),
  );
});

test.each([
  ["garbage", "SSH-2.0-OpenSSH_9.2\r\n"],
  ["binary without an end", "\0\u0001\u0002".repeat(50)],
  ["another version", "HTTP/2 200\r\n\r\n"],
])("%s is no answer", async (_, text) => {
  expect(await ask(says(text))).toBe("answer that is no HTTP");
});

test("a connection that closes before or within the head is no answer", async () => {
  expect(await ask(speaking((socket) => void socket.end()))).toBe("connection closed without an answer");
  expect(await ask(says("HTTP/1.1 200 OK\r\nContent-"))).toBe("connection closed without an answer");
});

test.each([
  ["headers", "HTTP/1.1 200 OK\r\n", "X-Filler: y\r\n", "headers of more than 16384 bytes"],
  ["one header", "HTTP/1.1 200 OK\r\nX-Filler: ", "y", "headers of more than 16384 bytes"],
  ["interim answers", "", "HTTP/1.1 103 Early Hints\r\n\r\n", "headers of more than 16384 bytes"],
  ["a body", OK, "z", undefined],
])("%s without an end: little is read, and the connection is closed", async (_, first, text, expected) => {
  const { url, closed } = endless(first, text.repeat(65_536 / text.length));
  const before = process.memoryUsage().rss;
  expect(await ask(url)).toBe(expected as string);
  await closed;
  expect(process.memoryUsage().rss - before).toBeLessThan(32 * 1024 ** 2);
});

test("headers that come too slowly are no answer in time", async () => {
  const url = speaking((socket) => void socket.write("HTTP/1.1 200 OK\r\n"));
  expect(await ask(url, 0.3)).toBe("no answer");
});

test("a byte now and then is no answer in time", async () => {
  const url = speaking((socket) => {
    const rest = OK.split("");
    const timer = setInterval(() => {
      if (socket.readyState !== 1 || socket.write(rest.shift() ?? "") < 0) clearInterval(timer);
    }, 100);
  });
  expect(await ask(url, 0.5)).toBe("no answer");
});

test("https: a certificate that nobody knows is good enough", async () => {
  const made = Bun.spawnSync([
    "openssl",
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-subj",
    "/CN=other",
    "-days",
    "1",
    "-keyout",
    "-",
    "-out",
    "-",
  ]);
  const pem = made.stdout.toString();
  using server = Bun.serve({
    port: 0,
    hostname: LOCALHOST,
    tls: { key: pem, cert: pem },
    fetch: () => new Response("x"),
  });
  expect(await ask(`https://${LOCALHOST}:${server.port}/`)).toBeUndefined();
  expect(await ask(`https://localhost:${server.port}/`)).toBeUndefined();
  expect(await ask(`http://${LOCALHOST}:${server.port}/`)).not.toBeUndefined();
});

test("a program that nobody listens for refuses", async () => {
  using server = Bun.serve({ port: 0, hostname: LOCALHOST, fetch: () => new Response("x") });
  const url = `http://localhost:${server.port}/`;
  expect(await ask(url)).toBeUndefined();
  await server.stop(true);
  expect(await ask(url).catch((error: NodeJS.ErrnoException) => error.code)).toBe("ECONNREFUSED");
});

test("a status is known once the head is whole, in whatever pieces it comes", () => {
  const whole = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
  for (let length = 0; length < whole.length; length++)
    expect(statusOf(whole.slice(0, length))).toBeUndefined();
  expect(statusOf(whole)).toBe(200);
  expect(statusOf("HTTP/1.1 101 Switching Protocols\n\n")).toBe(101);
});
