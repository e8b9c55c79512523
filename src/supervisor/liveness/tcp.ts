import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { type Address, connectTo } from "./connection.ts";
import { ownTime } from "./own-time.ts";

const FIRST_LOOK_MILLISECONDS = 20;
const LONGEST_WAIT_MILLISECONDS = 2000;

/**
 * Whether a program takes connections: undefined, or in words how far a connection has come when `signal` aborts. The kernel
 * connects for as many as the queue of a listener holds, whether somebody accepts or not; so it is asked for that, too.
 */
export async function takesConnections(address: Address, signal: AbortSignal): Promise<string | undefined> {
  let socket: Socket;
  try {
    socket = await connectTo(address, signal);
  } catch (error) {
    if (signal.aborted) return "no connection";
    throw error;
  }
  try {
    let wait = FIRST_LOOK_MILLISECONDS;
    for (;;) {
      await ownTime(wait / 1000, 1, signal);
      const isWaiting = await isQueued(socket);
      // Then the socket is closed, and what the kernel says of it means nothing.
      if (signal.aborted) return "connection not accepted";
      if (!isWaiting) return undefined;
      wait = Math.min(2 * wait, LONGEST_WAIT_MILLISECONDS);
    }
  } finally {
    socket.destroy();
  }
}

/**
 * True while the other end of a connection is on this machine and waits to be accepted: the kernel shows such a one as
 * established, and without an inode. By its ports alone, which nobody else has but who waits in the same queue.
 */
async function isQueued({ localPort = 0, remotePort = 0 }: Socket): Promise<boolean> {
  const [ours, theirs] = [localPort, remotePort].map((port) =>
    port.toString(16).toUpperCase().padStart(4, "0"),
  );
  const line = new RegExp(
    `^ *\\d+: [\\dA-F]+:${theirs} [\\dA-F]+:${ours} 01 \\S+ \\S+ \\S+ +\\d+ +\\d+ 0 `,
    "m",
  );
  const tables = await Promise.all(
    ["/proc/net/tcp", "/proc/net/tcp6"].map((path) => readFile(path, "latin1").catch(() => "")),
  );
  return tables.some((table) => line.test(table));
}
