import { describe, expect, test } from "bun:test";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { CADDY, Front, site } from "./_caddy.ts";

const SILENCE_MILLISECONDS = 1000;

/** An app that takes bytes as they come and understands nothing: what a careless one could misread shows. */
async function recorder() {
  const connections: string[] = [];
  const server = createServer((socket: Socket) => {
    const index = connections.push("") - 1;
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      connections[index] += chunk.toString("latin1");
      if (connections[index]?.includes("\r\n\r\n"))
        socket.end("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\napp");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    port,
    connections,
    [Symbol.dispose]() {
      server.close();
    },
  };
}

/** Sends bytes as they are; resolves to all that comes back until either side is silent or closes. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1" });
  let answer = "";
  socket.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")));
  socket.on("error", () => undefined);
  socket.setTimeout(SILENCE_MILLISECONDS, () => socket.destroy());
  socket.write(Buffer.from(bytes, "latin1"));
  await once(socket, "close");
  return answer;
}

/** Hidden behind another request. */
const HIDDEN = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
const post = (headers: string, body: string) => `POST /open HTTP/1.1\r\nHost: a\r\n${headers}\r\n${body}`;
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

const probes: [string, string][] = [
  [
    "CL.TE",
    post(`Content-Length: ${5 + HIDDEN.length}\r\nTransfer-Encoding: chunked\r\n`, `0\r\n\r\n${HIDDEN}`),
  ],
  ["TE.CL", post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", `${chunk(HIDDEN)}0\r\n\r\n`)],
  ["two lengths", post(`Content-Length: 0\r\nContent-Length: ${HIDDEN.length}\r\n`, HIDDEN)],
  ["a list of lengths", post(`Content-Length: 0, ${HIDDEN.length}\r\n`, HIDDEN)],
  ["a signed length", post(`Content-Length: +${HIDDEN.length}\r\n`, HIDDEN)],
  ["a negative length", post("Content-Length: -1\r\n", HIDDEN)],
  ["a hexadecimal length", post("Content-Length: 0x0\r\n", HIDDEN)],
  ["a length with a space before the colon", post(`Content-Length : ${HIDDEN.length}\r\n`, HIDDEN)],
  ["chunked with a space before the colon", post("Transfer-Encoding : chunked\r\n", `0\r\n\r\n${HIDDEN}`)],
  ["chunked that is none", post("Transfer-Encoding: xchunked\r\n", `0\r\n\r\n${HIDDEN}`)],
  ["chunked and another", post("Transfer-Encoding: chunked, identity\r\n", `0\r\n\r\n${HIDDEN}`)],
  ["chunked twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", `0\r\n\r\n${HIDDEN}`)],
  [
    "chunked behind a tab",
    post("Transfer-Encoding:\tchunked\r\nContent-Length: 4\r\n", `0\r\n\r\n${HIDDEN}`),
  ],
  [
    "chunked behind VT",
    post("Transfer-Encoding: \u000Bchunked\r\nContent-Length: 4\r\n", `0\r\n\r\n${HIDDEN}`),
  ],
  [
    "chunked with an underscore",
    post(`Transfer_Encoding: chunked\r\nContent-Length: ${HIDDEN.length}\r\n`, HIDDEN),
  ],
  [
    "a folded header",
    post(`X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 5\r\n`, `0\r\n\r\n${HIDDEN}`),
  ],
  [
    "a bare LF between headers",
    post("X: a\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n", `0\r\n\r\n${HIDDEN}`),
  ],
  [
    "a bare CR between headers",
    post("X: a\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n", `0\r\n\r\n${HIDDEN}`),
  ],
  ["NUL in a header", post("X: a\0b\r\nContent-Length: 5\r\n", `0\r\n\r\n${HIDDEN}`)],
  ["a header without a name", post(": x\r\nContent-Length: 5\r\n", `0\r\n\r\n${HIDDEN}`)],
  ["a header without a colon", post("Transfer-Encoding\r\nContent-Length: 5\r\n", `0\r\n\r\n${HIDDEN}`)],
  [
    "an LF in a chunk's extension",
    post("Transfer-Encoding: chunked\r\n", `1;x\n\r\na\r\n0\r\n\r\n${HIDDEN}`),
  ],
  ["chunks that end with LF", post("Transfer-Encoding: chunked\r\n", `1\na\n0\n\n${HIDDEN}`)],
  [
    "a chunk of more than 64 bits",
    post("Transfer-Encoding: chunked\r\n", `10000000000000001\r\na\r\n0\r\n\r\n${HIDDEN}`),
  ],
  ["a chunk that is longer than said", post("Transfer-Encoding: chunked\r\n", `1\r\nab${HIDDEN}`)],
  [
    "trailers that are headers",
    post(
      "Transfer-Encoding: chunked\r\nTrailer: X-Ai-Dock-Port\r\n",
      `0\r\nX-Ai-Dock-Port: 1\r\nContent-Length: 9\r\n\r\n${HIDDEN}`,
    ),
  ],
  ["a body of GET", `GET /open HTTP/1.1\r\nHost: a\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`],
  ["two hosts", `GET /open HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`],
  ["a line with two spaces", `GET /open  HTTP/1.1\r\nHost: a\r\n\r\n`],
  ["a line with LF alone", `GET /open HTTP/1.1\nHost: a\n\n${HIDDEN}`],
  ["a request line in the address", `GET /open%20HTTP/1.1%0d%0aX:%20y HTTP/1.1\r\nHost: a\r\n\r\n`],
  ["a raw line break in the address", `GET /open\rX: y HTTP/1.1\r\nHost: a\r\n\r\n`],
  [
    "another protocol",
    `GET /open HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n${HIDDEN}`,
  ],
];

/** The one way to write a request that no two readers understand differently. */
function expectPlain(text: string): void {
  const [head = ""] = text.split("\r\n\r\n");
  const [line, ...headers] = head.split("\r\n");
  expect(line).toMatch(/^[A-Z]+ \/[!-~]* HTTP\/1\.1$/);
  for (const header of headers) expect(header).toMatch(/^[\w!#$%&'*+.^`|~-]+: [\t -~\u0080-\u00FF]*$/);
  const framing = headers.filter((header) => /^(content-length|transfer-encoding):/i.test(header));
  expect(framing.length).toBeLessThan(2);
  for (const header of framing) expect(header).toMatch(/^(Content-Length: \d+|Transfer-Encoding: chunked)$/);
}

describe.skipIf(CADDY === undefined)("through Caddy", () => {
  test("a request that hides another: nothing reaches the app that was not asked about, nor in words of two meanings", async () => {
    await using front = await new Front().start();
    using app = await recorder();
    const one = site(app.port);
    await front.load({ sites: [one] });
    const isOpen = (path: string) => path.startsWith("/open/");
    front.check = ({ headers }) =>
      new Response(null, { status: isOpen(headers.get("x-forwarded-uri") ?? "") ? 204 : 401 });
    const answers = await Promise.all(
      probes.map(([, bytes], index) => raw(one.port, bytes.replace("/open", `/open/${index}`))),
    );
    const asked = front.asked.map(({ headers }) => headers.get("x-forwarded-uri") ?? "").filter(isOpen);
    const lines = app.connections.map((text) => text.split(" ", 2)[1] ?? "");
    expect(lines.toSorted()).toEqual(asked.toSorted());
    // Some of the probes are harmless in the end.
    expect(lines.length).toBeGreaterThan(3);
    for (const text of app.connections) expectPlain(text);
    for (const [index, answer] of answers.entries()) {
      const own = asked.filter((path) => new RegExp(`^/open/${index}\\b`).test(path));
      const said = { probe: probes[index]?.[0], answers: answer.split("\r\n\r\napp").length - 1 };
      expect(said).toEqual({ ...said, answers: Math.min(said.answers, own.length) });
    }
  });

  test("no header of Connection takes away what Caddy says to the portal", async () => {
    await using front = await new Front().start();
    using app = await recorder();
    const one = site(app.port);
    await front.load({ sites: [one] });
    const names = ["Port", "Client", "Proto"].map((name) => `X-Ai-Dock-${name}`);
    const forwarded = ["Host", "Proto", "Uri", "Method", "For"].map((name) => `X-Forwarded-${name}`);
    const all = [...names, ...forwarded];
    await raw(one.port, `GET /a HTTP/1.1\r\nHost: h\r\nConnection: close, ${all.join(", ")}\r\n\r\n`);
    for (const name of all) expect(front.asked[0]!.headers.get(name) ?? "").not.toBe("");
  });

  test("methods that are seldom used are asked about", async () => {
    await using front = await new Front().start();
    using app = await recorder();
    const one = site(app.port);
    await front.load({ sites: [one] });
    front.check = () => new Response(null, { status: 401 });
    for (const line of [
      "TRACE /",
      "CONNECT /",
      "CONNECT a:443",
      "CONNECT 127.0.0.1:22",
      "PRI *",
      "BREW /",
      "options *",
    ])
      expect(await raw(one.port, `${line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)).toMatch(
        /^HTTP\/1\.1 4\d\d /,
      );
    expect(app.connections).toEqual([]);
  });
});

/** A process that lets everything pass, until it is held up. */
const PORTAL = `
Bun.serve({ unix: process.argv[1], fetch: () => new Response(null, { status: 204, headers: { "X-AI-Dock-Check": "1" } }) });
`;

describe.skipIf(CADDY === undefined)("a portal that hangs", () => {
  test("lets nobody in, as long as it hangs", async () => {
    await using front = await new Front().start();
    using app = await recorder();
    const one = site(app.port);
    const socket = join(front.folder, "hanging.sock");
    await using portal = Bun.spawn([process.execPath, "-e", PORTAL, socket], { killSignal: "SIGKILL" });
    await front.load({ sites: [one], portalSocket: socket });
    const get = async (init: RequestInit = {}) => (await fetch(`http://127.0.0.1:${one.port}/`, init)).status;
    while ((await get()) !== 200);
    app.connections.length = 0;
    portal.kill("SIGSTOP");
    const statuses = await Promise.all([
      ...Array.from({ length: 50 }, () => get()),
      get({ method: "POST", body: "x".repeat(1024 * 1024) }),
      get({ headers: { Connection: "Upgrade", Upgrade: "websocket" } }),
    ]);
    expect(statuses.filter((status) => status !== 502 && status !== 504)).toEqual([]);
    expect(app.connections).toEqual([]);
    portal.kill("SIGCONT");
    while ((await get()) !== 200);
    portal.kill("SIGKILL");
    await portal.exited;
    expect(await get()).toBe(502);
  }, 60_000);
});
