import type { Socket } from "node:net";
import { awaitsAccept } from "../../sys/accept-queue.ts";
import { type Address, connectTo } from "./connection.ts";
import { ownTime } from "./own-time.ts";

const FIRST_WAIT_MILLISECONDS = 5;
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
    // Not at once: the last packet of the handshake may be on its way.
    let wait = FIRST_WAIT_MILLISECONDS;
    for (;;) {
      await ownTime(wait / 1000, 1, signal);
      if (signal.aborted) return "connection not accepted";
      if (!isQueued(socket)) return undefined;
      wait = Math.min(2 * wait, LONGEST_WAIT_MILLISECONDS);
    }
  } finally {
    socket.destroy();
  }
}

/** True while the other end of a connection is on this machine, and nobody has accepted it. */
function isQueued({ localAddress, localPort, remoteAddress, remotePort }: Socket): boolean {
  if (!localAddress || !localPort || !remoteAddress || !remotePort) return false;
  return awaitsAccept(
    { address: remoteAddress, port: remotePort },
    { address: localAddress, port: localPort },
  );
}
