import { expect, test } from "bun:test";
import { boot, keypair, waitFor } from "./harness.ts";

/** What `scripts/test quick` runs of these tests, in one container. */
test("a container boots, lets in by ssh, brings back what crashes, and stops", async () => {
  const key = await keypair();
  await using container = await boot({
    env: { SSH_PUBKEY: key.public, GREETING: "hello there" },
    programs: { "app.conf": "[program:app]\ncommand=sleep 1000\n" },
  });
  await container.waitReady();
  expect(await container.ssh('echo "$GREETING"', { key })).toEqual({
    stdout: "hello there\n",
    stderr: "",
    code: 0,
  });
  const app = async () => {
    const [row] = JSON.parse((await container.exec(["ai-dock", "status", "--json", "app"])).stdout) as [
      { state: string; pid: number | null; restarts: number },
    ];
    return row;
  };
  const before = await app();
  await container.sh(`kill -KILL ${before.pid}`);
  const after = await waitFor(
    async () => {
      const row = await app();
      return row.state === "RUNNING" && row.pid !== before.pid && row;
    },
    { what: "the program to run again", detail: () => container.logs() },
  );
  expect(after.restarts).toBe(1);
  expect((await container.stop()).code).toBe(0);
});
