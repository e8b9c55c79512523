import { expect, test } from "bun:test";
import { connect } from "node:net";
import { awaitsAccept } from "../../src/sys/accept-queue.ts";
import { freePort } from "../free-port.ts";

test.each([
  ["127.0.0.1", "127.0.0.1", "127.0.0.1"],
  ["::1", "::1", "::1"],
  // A listener for both, as most programs have one, with a client of IPv4.
  ["::", "127.0.0.1", "127.0.0.1"],
])(
  "a connection to %s that nobody has accepted is told from one that somebody has",
  async (listen, to, from) => {
    const port = freePort();
    const script = `
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in "${listen}" else socket.AF_INET)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("${listen}", ${port}))
s.listen(5)
print("listening", flush=True)
sys.stdin.readline()
c, _ = s.accept()
print("accepted", flush=True)
sys.stdin.readline()`;
    await using server = Bun.spawn(["python3", "-c", script], { stdin: "pipe", stdout: "pipe" });
    const reader = server.stdout.getReader();
    let text = "";
    /** One part of the output need not be one line. */
    const said = async (word: string) => {
      while (!text.includes(word)) text += Buffer.from((await reader.read()).value ?? []).toString();
    };
    await said("listening");
    const socket = connect({ host: to, port });
    await new Promise((resolve) => socket.once("connect", resolve));
    const client = { address: from, port: socket.localPort! };
    const queued = () => awaitsAccept({ address: to, port }, client);
    // The last packet of the handshake may be on its way.
    while (!queued()) await Bun.sleep(5);
    // Nobody else's: the ports alone do not make it.
    expect(awaitsAccept({ address: to, port }, { ...client, port: client.port ^ 1 })).toBeFalse();
    void server.stdin.write("\n");
    await server.stdin.flush();
    await said("accepted");
    expect(queued()).toBeFalse();
    socket.destroy();
  },
);
