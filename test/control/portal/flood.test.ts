import { expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { withFewerOpenFiles } from "../../../src/sys/open-files.ts";
import { portalServer } from "./_portal-server.ts";

const open = async (path: string): Promise<Socket> => {
  const socket = connect(path);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
};

test("more connections than a portal of ours needs end all of them, before they take our descriptors", async () => {
  const flooded = Promise.withResolvers<void>();
  await using server = portalServer({ onFlood: flooded.resolve, most: 50, lookMilliseconds: 20 });
  const few = await Promise.all(Array.from({ length: 40 }, () => open(server.socket)));
  expect((await server.portal.state()).version).toBe("1");
  const more = await Promise.all(Array.from({ length: 40 }, () => open(server.socket)));
  await flooded.promise;
  await Promise.all([...few, ...more].map(async (socket) => socket.closed || (await once(socket, "close"))));
  expect(statSync(join(server.directory, "portal.sock"), { throwIfNoEntry: false })).toBeUndefined();
});

test("the portal itself may have fewer files open than we", async () => {
  const limits = async (prefix: string[]) =>
    Number(await new Response(Bun.spawn([...prefix, "sh", "-c", "ulimit -Hn"]).stdout).text());
  expect(await limits(withFewerOpenFiles(100))).toBe(100);
  const half = await limits(withFewerOpenFiles(Number.MAX_SAFE_INTEGER));
  expect(half * 2).toBeLessThanOrEqual(await limits([]));
});
