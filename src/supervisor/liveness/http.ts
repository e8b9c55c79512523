import type { Socket } from "node:net";
import { connectTo } from "./connection.ts";

/** As much as Node and Bun take of one. */
const LONGEST_HEAD = 16 * 1024;

/** What is read of a body, so that programs do not complain of clients that leave early; nobody wants it. */
const DRAINED_BYTES = 64 * 1024;
const DRAIN_MILLISECONDS = 1000;

/**
 * Whether a program answers a GET with a status of 200 to 399: undefined, or in words why not. A redirection is an answer,
 * and not followed; the body is not waited for. Reads no more than a head of 16 KiB and a body of 64 KiB.
 */
export async function answersHttp(address: string, signal: AbortSignal): Promise<string | undefined> {
  const url = new URL(address);
  const isTls = url.protocol === "https:";
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = Number(url.port) || (isTls ? 443 : 80);
  let socket: Socket;
  try {
    socket = await connectTo({ host, port, isTls }, signal);
  } catch (error) {
    if (signal.aborted) return "no connection";
    throw error;
  }
  socket.write(request(url));
  const status = await readStatus(socket, signal);
  if (typeof status === "string") return status;
  return status >= 200 && status < 400 ? undefined : `status ${status}`;
}

function request(url: URL): string {
  const login = `${decoded(url.username)}:${decoded(url.password)}`;
  return [
    `GET ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    "User-Agent: ai-dock",
    "Accept: */*",
    ...(login === ":" ? [] : [`Authorization: Basic ${Buffer.from(login).toString("base64")}`]),
    "Connection: close",
    "\r\n",
  ].join("\r\n");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The status of an answer once its head is there, or in words why there is none. Closes the connection, at last. */
function readStatus(socket: Socket, signal: AbortSignal): Promise<number | string> {
  const { promise, resolve } = Promise.withResolvers<number | string>();
  let head: string | undefined = "";
  let drained = 0;
  let timer: Timer | undefined;
  socket.on("data", (chunk: Uint8Array) => {
    if (head === undefined) {
      drained += chunk.byteLength;
      if (drained > DRAINED_BYTES) socket.destroy();
      return;
    }
    head += Buffer.from(chunk).toString("latin1");
    const status = statusOf(head);
    if (status === undefined) return;
    resolve(status);
    head = undefined;
    if (typeof status === "string") socket.destroy();
    else timer = setTimeout(() => socket.destroy(), DRAIN_MILLISECONDS);
  });
  socket.on("error", (error) => resolve(error.message));
  socket.once("close", () => {
    clearTimeout(timer);
    resolve(signal.aborted ? "no answer" : "connection closed without an answer");
  });
  return promise;
}

/** The status of a whole head, undefined for a part of one, and in words what is wrong with another text. */
export function statusOf(text: string): number | string | undefined {
  let rest = text;
  for (;;) {
    const [, digits] = /^HTTP\/1\.[01] (\d{3})(?=[ \r\n])/.exec(rest) ?? [];
    if (digits === undefined && (rest.includes("\n") || rest.length > 32)) return "answer that is no HTTP";
    const end = /\r?\n\r?\n/.exec(rest);
    if (end === null)
      return text.length > LONGEST_HEAD ? `headers of more than ${LONGEST_HEAD} bytes` : undefined;
    const status = Number(digits);
    // An interim answer, such as 103 Early Hints; the one that counts follows.
    if (status >= 200 || status === 101) return status;
    rest = rest.slice(end.index + end[0].length);
  }
}
