import { createServer, type Socket } from "node:net";

const CHUNK = new Uint8Array(65_536);
const TICK_MILLISECONDS = 4;

/**
 * Serves a file of zeros at /BYTES, with ranges, at so many bytes a second for each connection: whatever the number of
 * requests on the connection. (nginx's limit_rate is for each request, and gives each a second's worth at once.)
 */
export async function limitedServer(
  bytesASecond: number,
): Promise<{ url: (bytes: number) => string } & Disposable> {
  const server = createServer((socket) => serve(socket, bytesASecond));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: (bytes) => `http://127.0.0.1:${port}/${bytes}`,
    [Symbol.dispose]: () => server.close(),
  };
}

function serve(socket: Socket, bytesASecond: number): void {
  let left = 0;
  let text = "";
  let earned = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    // What an idle connection has not used is lost.
    earned = Math.min(earned + ((now - last) * bytesASecond) / 1000, bytesASecond / 10);
    last = now;
    while (left > 0 && earned >= 1 && socket.writableLength === 0) {
      const bytes = Math.min(left, Math.floor(earned), CHUNK.length);
      socket.write(CHUNK.subarray(0, bytes));
      left -= bytes;
      earned -= bytes;
    }
  }, TICK_MILLISECONDS);
  socket.on("error", () => undefined);
  socket.on("close", () => clearInterval(timer));
  socket.on("data", (data) => {
    text += data.toString("latin1");
    if (!text.includes("\r\n\r\n")) return;
    const size = Number(/^\w+ \/(\d+)/.exec(text)?.[1]);
    const [, from, to] = /^range: *bytes=(\d+)-(\d*)/im.exec(text) ?? [];
    const isHead = text.startsWith("HEAD");
    text = "";
    const offset = Number(from ?? 0);
    const end = to === undefined || to === "" ? size : Math.min(size, Number(to) + 1);
    const range = from === undefined ? "" : `Content-Range: bytes ${offset}-${end - 1}/${size}\r\n`;
    const head = `HTTP/1.1 ${from === undefined ? "200 OK" : "206 Partial Content"}\r\n${range}`;
    socket.write(`${head}Accept-Ranges: bytes\r\nETag: "1"\r\nContent-Length: ${end - offset}\r\n\r\n`);
    left = isHead ? 0 : end - offset;
  });
}
