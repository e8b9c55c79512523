import { expect, test } from "bun:test";
import { plainAddress, tabledSockets, tcpSockets } from "../../src/sys/tcp-sockets.ts";

/** A server that takes everything, and one client of it, which it has accepted. */
async function connection(hostname: string) {
  const accepted = Promise.withResolvers<void>();
  const open = () => accepted.resolve();
  const server = Bun.listen({ hostname, port: 0, socket: { open, data: () => undefined } });
  const client = await Bun.connect({ hostname, port: server.port, socket: { data: () => undefined } });
  await accepted.promise;
  return {
    port: server.port,
    client,
    [Symbol.dispose]() {
      client.end();
      server.stop(true);
    },
  };
}

/** The server's end of it. */
const endAt = (port: number) => tcpSockets().find((one) => !one.isListening && one.localPort === port);

for (const [hostname, address] of [
  ["127.0.0.1", "127.0.0.1"],
  ["::1", "0:0:0:0:0:0:0:1"],
] as const)
  test(`tells what a connection of ${hostname} has carried`, async () => {
    using one = await connection(hostname);
    expect(tcpSockets()).toContainEqual(expect.objectContaining({ isListening: true, localPort: one.port }));
    const before = endAt(one.port);
    expect(before).toMatchObject({ remote: address, isLocal: true });
    one.client.write(new Uint8Array(5000));
    one.client.flush();
    let after = before;
    while ((after?.bytes ?? 0) < 5000) {
      await Bun.sleep(5);
      after = endAt(one.port);
    }
    expect(after?.id).toBe(before?.id ?? "");
    expect((after?.bytes ?? 0) - (before?.bytes ?? 0)).toBe(5000);
  });

test("many connections are told in several parts", async () => {
  using one = await connection("127.0.0.1");
  const more = await Promise.all(
    Array.from({ length: 400 }, () =>
      Bun.connect({ hostname: "127.0.0.1", port: one.port, socket: { data: () => undefined } }),
    ),
  );
  const count = () =>
    tcpSockets().filter(({ localPort, isListening }) => localPort === one.port && !isListening).length;
  // The last packets of their handshakes may be on their way.
  while (count() < 401) await Bun.sleep(5);
  expect(count()).toBe(401);
  for (const socket of more) socket.end();
});

test.each(["127.0.0.1", "::1"])(
  "where the kernel does not tell bytes, a connection of %s is listed all the same",
  async (hostname) => {
    using one = await connection(hostname);
    const ends = (list: ReturnType<typeof tcpSockets>) =>
      list
        .filter(({ localPort, remotePort }) => localPort === one.port || remotePort === one.port)
        .map((socket) => JSON.stringify({ ...socket, id: "", bytes: 0 }))
        .toSorted();
    const tabled = tabledSockets();
    expect(ends(tabled)).toEqual(ends(tcpSockets()));
    expect(ends(tabled)).toHaveLength(3);
    expect(tabled.every(({ bytes }) => bytes === undefined)).toBe(true);
  },
);

test("connections to ports of no interest are left out, but not who listens there", async () => {
  using one = await connection("127.0.0.1");
  const kept = tcpSockets((port) => port === one.port).filter(({ localPort }) => localPort === one.port);
  expect(kept).toMatchObject([{ isListening: true }]);
});

test("addresses are written one way", () => {
  expect(plainAddress("203.0.113.7")).toBe("203.0.113.7");
  expect(plainAddress("::ffff:203.0.113.7")).toBe("203.0.113.7");
  expect(plainAddress("::1")).toBe("0:0:0:0:0:0:0:1");
  expect(plainAddress("2001:DB8::A:0:1")).toBe("2001:db8:0:0:0:a:0:1");
  expect(plainAddress("fe80::1%eth0")).toBe("fe80:0:0:0:0:0:0:1");
});
