import type { Socket } from "node:net";

export interface Address {
  host: string;
  port: number;
  isTls?: boolean;
}

/**
 * Connects within the life of `signal`, which ends the connection as well. Rejects with the error of the connection; after
 * an abort with another one. A certificate is not looked at: programs on this machine have none that anybody knows.
 */
export async function connectTo(
  { host, port, isTls = false }: Address,
  signal: AbortSignal,
): Promise<Socket> {
  // Loaded by the first program that asks for it: megabytes of PID 1.
  const { connect } = isTls ? await import("node:tls") : await import("node:net");
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const options = { host, port, rejectUnauthorized: false };
  const socket = (connect as (of: typeof options) => Socket)(options);
  const abort = () => {
    socket.destroy();
    reject(new Error("aborted"));
  };
  socket.once(isTls ? "secureConnect" : "connect", resolve);
  // Stays there: an error that nobody listens for would be thrown.
  socket.on("error", reject);
  socket.once("close", () => {
    signal.removeEventListener("abort", abort);
    reject(new Error("connection closed"));
  });
  signal.addEventListener("abort", abort, { once: true });
  await promise;
  return socket;
}
