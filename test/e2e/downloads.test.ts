import { expect, test } from "bun:test";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Journal } from "../../src/provision/download/journal.ts";
import { bytesOf, sendFile, serve, sha256 } from "../provision/server-fixture.ts";
import { boot, type Container, must, tempFolder, waitFor } from "./harness.ts";

const SIZE = 48 * 2 ** 20;
const bridge = () =>
  must(["docker", "network", "inspect", "bridge", "-f", "{{(index .IPAM.Config 0).Gateway}}"]);

/** How much of the file outlives the process that downloads it. */
function journaledBytes(path: string): number {
  const fd = openSync(path, "r+");
  using journal = Journal.resume(fd);
  if (journal === undefined) closeSync(fd);
  return journal?.pieces.received ?? 0;
}

/**
 * A workspace outside of containers, and containers that download to it at boot, one after the other. The server gives half
 * of the file until `rest()` is called.
 */
async function place() {
  const content = bytesOf(SIZE);
  const rest = Promise.withResolvers<void>();
  let answers = 0;
  const server = await serve(
    async (asked, reply) => {
      const write = reply.write.bind(reply);
      reply.write = async (bytes) => {
        if (server.sent.bytes >= SIZE / 2) await rest.promise;
        return await write(bytes);
      };
      answers++;
      await sendFile(asked, reply, content, { etag: '"1"' }).finally(() => answers--);
    },
    await bridge(),
  );
  const workspace = join(tempFolder(), "workspace");
  mkdirSync(workspace);
  const models = join(workspace, "models");
  return {
    content,
    rest: rest.resolve,
    server,
    models,
    start: () =>
      boot({
        env: { PROVISIONING_DOWNLOADS: `${server.url("/model.bin")}|/workspace/models/model.bin` },
        mounts: [`${workspace}:/workspace`],
      }),
    /** Waits until all that was sent of the first half is there, but for what connections have in their buffers. */
    begun: () =>
      waitFor(() => journaledBytes(join(models, ".model.bin.ai-dock-journal")) > SIZE * 0.45, {
        what: "a part of the file",
        detail: () => `${server.sent.bytes} bytes are sent`,
      }),
    /** What has been sent in all, once nobody is being answered. */
    sentInAll: async () => {
      await waitFor(() => answers === 0, { what: "the end of all answers" });
      return server.sent.bytes;
    },
  };
}

async function finish(container: Container, models: string): Promise<string> {
  await container.waitReady();
  expect(readdirSync(models)).toEqual(["model.bin"]);
  return sha256(new Uint8Array(readFileSync(join(models, "model.bin"))));
}

test("a download outlives its container: the next one on the volume goes on, and a third does nothing", async () => {
  const { content, rest, server, models, start, begun, sentInAll } = await place();
  using _ = server;
  {
    await using first = await start();
    await begun();
    await first.kill();
  }
  expect(readdirSync(models).toSorted()).toEqual([".model.bin.ai-dock-journal", ".model.bin.ai-dock-part"]);
  rest();
  {
    await using second = await start();
    expect(await finish(second, models)).toBe(sha256(content));
  }
  const bytes = await sentInAll();
  expect(bytes).toBeLessThan(SIZE * 1.1);
  await using third = await start();
  expect(await finish(third, models)).toBe(sha256(content));
  expect(server.sent.bytes).toBe(bytes);
});

test("docker stop ends a download within its deadline, and the next start goes on", async () => {
  const { content, rest, server, models, start, begun, sentInAll } = await place();
  using _ = server;
  await using container = await start();
  await begun();
  // 137 would be the engine's SIGKILL at the deadline.
  expect((await container.stop()).code).toBe(0);
  rest();
  await container.start();
  expect(await finish(container, models)).toBe(sha256(content));
  expect(await sentInAll()).toBeLessThan(SIZE * 1.1);
});
