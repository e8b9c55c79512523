// The app behind: `app.ts PORT`. Answers a few bytes, as many as asked for, or the checksum of what it gets, and echoes.
const PIECE = Buffer.alloc(1024 * 1024, "0123456789abcdef");

async function* pieces(count: number): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index++) yield PIECE;
}

async function digest(body: AsyncIterable<Uint8Array> | null): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const chunk of body ?? []) hasher.update(chunk);
  return hasher.digest("hex");
}

Bun.serve({
  port: Number(process.argv[2]),
  hostname: "127.0.0.1",
  maxRequestBodySize: Number.MAX_SAFE_INTEGER,
  idleTimeout: 0,
  async fetch(request, server) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/ws" && server.upgrade(request)) return undefined;
    if (pathname === "/up") return new Response(await digest(request.body));
    if (pathname === "/down") return new Response(pieces(Number(searchParams.get("megabytes"))));
    return new Response("here");
  },
  websocket: { message: (socket, message) => void socket.send(message) },
});
