import { expect, test } from "bun:test";
import { Teller } from "../../../src/features/idle/tell.ts";

function world(url: string) {
  const lines: string[] = [];
  const note = (message: string) => void lines.push(message);
  const teller = new Teller({
    notices: { set: () => undefined, delete: () => undefined },
    log: { debug: note, info: note, warn: note, error: note },
    env: { CONTAINER_ID: "4711" },
    webhook: () => url,
  });
  return { teller, lines };
}

const told = {
  event: "idle_warning",
  why: "idle",
  action: "exit",
  message: "soon",
  seconds_left: 300,
} as const;

test("a webhook gets JSON, from a process whose arguments and environment hold no URL", async () => {
  const got = Promise.withResolvers<{ body: unknown; seen: string }>();
  using server = Bun.serve({
    port: 0,
    async fetch(request) {
      const body: unknown = await request.json();
      const { stdout } = Bun.spawnSync([
        "sh",
        "-c",
        "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr '\\0' '\\n'",
      ]);
      got.resolve({ body, seen: stdout.toString() });
      return new Response("ok");
    },
  });
  const { teller } = world(`http://127.0.0.1:${server.port}/s3cret-path`);
  const done = teller.webhook(told);
  const { body, seen } = await got.promise;
  await done;
  expect(body).toMatchObject({ ...told, container_id: "4711", hostname: expect.any(String) });
  expect(seen).toContain("webhook");
  expect(seen).not.toContain("s3cret-path");
});

test("a webhook that refuses is one line without its path", async () => {
  using server = Bun.serve({ port: 0, fetch: () => new Response("no", { status: 404 }) });
  const { teller, lines } = world(`http://127.0.0.1:${server.port}/s3cret-path`);
  await teller.webhook(told);
  expect(lines).toEqual([expect.stringMatching(/^AI_DOCK_WEBHOOK: expected an answer, got .*404/)]);
  expect(lines[0]).not.toContain("s3cret-path");
});
