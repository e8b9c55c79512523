import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bytesOf, sendFile, serve, sha256 } from "../provision/server-fixture.ts";
import { boot, type Container, must, tempFolder, waitFor } from "./harness.ts";

const SIZE = 48 * 2 ** 20;
const bridge = () =>
  must(["docker", "network", "inspect", "bridge", "-f", "{{(index .IPAM.Config 0).Gateway}}"]);

/** A workspace outside of containers, and containers that download to it at boot, one after the other. */
async function place(pace: number) {
  const content = bytesOf(SIZE);
  const state = { pace };
  const server = await serve(
    (asked, reply) => sendFile(asked, reply, content, { etag: '"1"', pace: state.pace }),
    await bridge(),
  );
  const workspace = join(tempFolder(), "workspace");
  mkdirSync(workspace);
  const models = join(workspace, "models");
  return {
    content,
    state,
    server,
    models,
    start: () =>
      boot({
        env: { PROVISIONING_DOWNLOADS: `${server.url("/model.bin")}|/workspace/models/model.bin` },
        mounts: [`${workspace}:/workspace`],
      }),
    /** Waits until a part of the file is there. */
    begun: () =>
      waitFor(
        async () => existsSync(join(models, ".model.bin.ai-dock-part")) && server.sent.bytes > SIZE / 4,
        {
          what: "a part of the file",
        },
      ),
  };
}

async function finish(container: Container, models: string): Promise<string> {
  await container.waitReady();
  expect(readdirSync(models)).toEqual(["model.bin"]);
  return sha256(new Uint8Array(readFileSync(join(models, "model.bin"))));
}

test("a download outlives its container: the next one on the volume goes on, and a third does nothing", async () => {
  const { content, state, server, models, start, begun } = await place(1000);
  using _ = server;
  {
    await using first = await start();
    await begun();
    await first.kill();
  }
  expect(readdirSync(models).toSorted()).toEqual([".model.bin.ai-dock-journal", ".model.bin.ai-dock-part"]);
  state.pace = 16_384;
  {
    await using second = await start();
    expect(await finish(second, models)).toBe(sha256(content));
  }
  expect(server.sent.bytes).toBeLessThan(SIZE * 1.1);
  const { bytes } = server.sent;
  await using third = await start();
  expect(await finish(third, models)).toBe(sha256(content));
  expect(server.sent.bytes).toBe(bytes);
});

test("docker stop ends a download within its deadline, and the next start goes on", async () => {
  const { content, state, server, models, start, begun } = await place(1000);
  using _ = server;
  await using container = await start();
  await begun();
  // 137 would be the engine's SIGKILL at the deadline.
  expect((await container.stop()).code).toBe(0);
  state.pace = 16_384;
  await container.start();
  expect(await finish(container, models)).toBe(sha256(content));
  expect(server.sent.bytes).toBeLessThan(SIZE * 1.1);
});
