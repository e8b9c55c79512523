import { createServer, type Socket } from "node:net";

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Headers;
  /** From the Range header: first byte, and the one behind the last. */
  range: { offset: number; end: number } | undefined;
  /** Connections that are being answered, this one included. */
  open: number;
}

/** An answer, written byte by byte as a test wants it. */
export class Reply {
  readonly #socket: Socket;
  readonly #count: (bytes: number) => void;
  isCut = false;

  constructor(socket: Socket, count: (bytes: number) => void) {
    this.#socket = socket;
    this.#count = count;
    socket.setMaxListeners(0);
    socket.on("close", () => (this.isCut = true));
  }

  head(status: number, headers: Record<string, string | number>): void {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#socket.write(`HTTP/1.1 ${status} ${status}\r\n${lines.join("")}\r\n`, "latin1");
  }

  /** Resolves once the bytes have left for the kernel; false when the client is gone. */
  async write(bytes: Uint8Array | string): Promise<boolean> {
    if (this.isCut) return false;
    const isTaken = this.#socket.write(bytes);
    this.#count(bytes.length);
    if (!isTaken)
      await new Promise<void>((resolve) => {
        this.#socket.once("drain", resolve);
        this.#socket.once("close", resolve);
      });
    return !this.isCut;
  }

  text(status: number, text: string, headers: Record<string, string | number> = {}): void {
    this.head(status, { "content-length": Buffer.byteLength(text), ...headers });
    this.#socket.write(text);
  }

  /** Ends the connection in the middle of whatever it is. */
  cut(): void {
    this.#socket.destroy();
  }

  end(): void {
    this.#socket.end();
  }
}

export type Handler = (asked: Asked, reply: Reply) => void | Promise<void>;

/** A real HTTP/1.1 server on loopback whose every byte is the handler's. Remembers what it was asked. */
export async function serve(handler: Handler, host = "127.0.0.1") {
  const asked: Asked[] = [];
  const sent = { bytes: 0 };
  const sockets = new Set<Socket>();
  let open = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    let buffered = "";
    let queue = Promise.resolve();
    socket.on("data", (data) => {
      buffered += data.toString("latin1");
      for (let end = buffered.indexOf("\r\n\r\n"); end !== -1; end = buffered.indexOf("\r\n\r\n")) {
        const request = parse(buffered.slice(0, end));
        buffered = buffered.slice(end + 4);
        const before = queue;
        queue = answer(before, request, socket);
      }
    });
  });
  async function answer(before: Promise<void>, request: Omit<Asked, "open">, socket: Socket): Promise<void> {
    await before;
    open++;
    const one = { ...request, open };
    asked.push(one);
    try {
      await handler(one, new Reply(socket, (bytes) => (sent.bytes += bytes)));
    } finally {
      open--;
    }
  }
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address() as { port: number };
  return {
    port: address.port,
    host: `${host}:${address.port}`,
    url: (path: string) => `http://${host}:${address.port}${path}`,
    asked,
    sent,
    [Symbol.dispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function parse(text: string): Omit<Asked, "open"> {
  const [line = "", ...lines] = text.split("\r\n");
  const [method = "", target = ""] = line.split(" ");
  const headers = new Headers(
    lines.map((header) => {
      const colon = header.indexOf(":");
      return [header.slice(0, colon), header.slice(colon + 1).trim()] as [string, string];
    }),
  );
  const url = new URL(target, "http://server");
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(headers.get("range") ?? "") ?? [];
  const range =
    first === undefined
      ? undefined
      : { offset: Number(first), end: last === "" ? Number.POSITIVE_INFINITY : Number(last) + 1 };
  return { method, path: url.pathname, query: url.searchParams, headers, range };
}

export interface FileOptions {
  etag?: string;
  lastModified?: string;
  type?: string;
  ranges?: boolean;
  /** Bytes a millisecond for each connection. */
  pace?: number;
  /** Ends the connection behind so many bytes of a body. */
  cutAfter?: (asked: Asked) => number | undefined;
  headers?: Record<string, string>;
}

const CHUNK = 65_536;

/** Answers as a proper file server does: ranges, If-Range, validators. */
export async function sendFile(asked: Asked, reply: Reply, content: Uint8Array, options: FileOptions = {}) {
  const {
    etag,
    lastModified,
    ranges = true,
    type = "application/octet-stream",
    pace,
    headers = {},
  } = options;
  const condition = asked.headers.get("if-range");
  const holds =
    condition === null || condition === etag || (etag === undefined && condition === lastModified);
  const range = ranges && holds ? asked.range : undefined;
  const common = {
    "content-type": type,
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { "last-modified": lastModified }),
    ...(ranges ? { "accept-ranges": "bytes" } : {}),
    ...headers,
  };
  const size = content.byteLength;
  if (range !== undefined && range.offset >= size) {
    reply.text(416, "", { "content-range": `bytes */${size}` });
    return;
  }
  const [from, to] = range === undefined ? [0, size] : [range.offset, Math.min(range.end, size)];
  const rangeHeader = range === undefined ? {} : { "content-range": `bytes ${from}-${to - 1}/${size}` };
  reply.head(range === undefined ? 200 : 206, { "content-length": to - from, ...rangeHeader, ...common });
  const limit = options.cutAfter?.(asked) ?? Number.POSITIVE_INFINITY;
  for (let at = from; at < to;) {
    const next = Math.min(to, at + Math.min(CHUNK, pace ?? CHUNK), from + limit);
    if (next > at && !(await reply.write(content.subarray(at, next)))) return;
    at = next;
    if (at - from >= limit && at < to) {
      // Unlike a reset, that takes back nothing of what has been sent.
      reply.end();
      return;
    }
    if (pace !== undefined) await Bun.sleep(1);
  }
}

/** Bytes that look random and are always the same. */
export function bytesOf(size: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let state = seed >>> 0 || 1;
  for (let index = 0; index < size; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state & 0xff;
  }
  return bytes;
}

export function sha256(bytes: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
}
