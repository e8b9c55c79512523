import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { childImage, environmentOf } from "../child/_child.ts";
import { must, waitFor } from "../harness.ts";
import { openSwarm, Stack } from "./_swarm.ts";

const TOKEN = "s3cret-tunnel-token-0123456789";
/** Three replicas are started, or replaced, one after the other. */
const LIMIT_MS = 600_000;
/** No tunnel is to be opened with that token: what is tested is how it arrives. */
const QUIET = { AI_DOCK_DISABLE: "cloudflared" };

const resources = new AsyncDisposableStack();
let stack: Stack;

beforeAll(async () => {
  resources.use(await openSwarm());
  stack = resources.use(await Stack.open(await childImage("2024"), TOKEN));
  const { code, stdout, stderr } = await stack.deploy({ ...QUIET, GREETING: "one" });
  expect({ code, output: code === 0 ? "" : stdout + stderr }).toEqual({ code: 0, output: "" });
}, LIMIT_MS);

afterAll(() => resources.disposeAsync(), LIMIT_MS);

// One after the other, each with what the one before has left.
describe("compose.yaml as a stack of a Swarm", () => {
  test.serial("has three replicas, each healthy, with a workspace of its own", async () => {
    await waitFor(async () => (await stack.healthy()).length === 3, { what: "three healthy replicas" });
    expect(await stack.each("ai-dock", "health")).toEqual(["healthy", "healthy", "healthy"]);
    for (const [index, id] of (await stack.containers()).entries())
      await must(["docker", "exec", id, "touch", `/workspace/mine-${index}`]);
    const mine = await stack.each("sh", "-c", "ls /workspace | grep mine");
    expect(mine).toEqual(["mine-0", "mine-1", "mine-2"]);
  });

  test.serial("hands a secret to the programs, and shows it nowhere", async () => {
    const answers = await stack.each("curl", "-s", "localhost:18188");
    expect(answers.map((answer) => environmentOf(answer)["CF_TUNNEL_TOKEN"])).toEqual([TOKEN, TOKEN, TOKEN]);
    for (const answer of await stack.each("ai-dock", "env", "--json")) {
      const rows = JSON.parse(answer) as { name: string }[];
      const token = rows.find(({ name }) => name === "CF_TUNNEL_TOKEN");
      expect(token).toMatchObject({ value: "[redacted]", source: "file" });
      expect(answer).not.toContain(TOKEN);
    }
    expect(await must(["docker", "service", "inspect", stack.service])).not.toContain(TOKEN);
  });

  test.serial(
    "is updated one replica after the other, with two of three healthy at any time",
    async () => {
      const before = await stack.containers();
      const update = stack.deploy({ ...QUIET, GREETING: "two" });
      let done = false;
      void update.finally(() => (done = true));
      let fewest = 3;
      await waitFor(
        async () => {
          fewest = Math.min(fewest, (await stack.healthy()).length);
          return done;
        },
        { what: "the end of the update", limit: LIMIT_MS },
      );
      expect((await update).code).toBe(0);
      expect(fewest).toBe(2);
      expect(await stack.each("printenv", "GREETING")).toEqual(["two", "two", "two"]);
      const codes = await must(["docker", "inspect", "--format", "{{.State.ExitCode}}", ...before]);
      expect(codes).toBe("0\n0\n0");
    },
    LIMIT_MS,
  );

  test.serial(
    "goes back to what it was when an update cannot run",
    async () => {
      await stack.deploy({ ...QUIET, GREETING: "three", AI_DOCK_STRICT: "true", SSH_PORT: "abc" });
      const state = ["docker", "service", "inspect", "--format", "{{.UpdateStatus.State}}", stack.service];
      await waitFor(async () => (await must(state)) === "rollback_completed", {
        what: "the end of the rollback",
        detail: () => must(state),
        limit: LIMIT_MS / 2,
      });
      await waitFor(async () => (await stack.healthy()).length === 3, {
        what: "three healthy replicas",
        limit: LIMIT_MS / 4,
      });
      expect(await stack.each("printenv", "GREETING")).toEqual(["two", "two", "two"]);
    },
    LIMIT_MS,
  );
});
