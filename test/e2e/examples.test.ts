import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { boot, type Container, IMAGE, must, PEERS_IMAGE, waitFor } from "./harness.ts";

const EXAMPLES = resolve(import.meta.dir, "../../examples");

/** The images that the examples are built on, and what stands in for each here. */
const bases = {
  "ghcr.io/ai-dock/base-image:cpu-24.04": IMAGE,
  // It has Debian's python3, and no registry is needed.
  "python:3.13-slim": PEERS_IMAGE,
};

/** Builds an example as it stands. */
async function build(example: string): Promise<string> {
  const tag = `${IMAGE}-example-${example}`;
  const contexts = Object.entries(bases).flatMap(([name, image]) => [
    "--build-context",
    `${name}=docker-image://${image}`,
  ]);
  await must(["docker", "build", "--quiet", "--tag", tag, ...contexts, join(EXAMPLES, example)]);
  return tag;
}

async function get(container: Container, port: number): Promise<string> {
  const url = `http://${await container.ip()}:${port}/`;
  return await must(["curl", "--noproxy", "*", "--silent", "--show-error", "--fail", url]);
}

describe("the examples work as they stand", () => {
  test("child-image serves its app, with what its hook exports", async () => {
    await using container = await boot({ image: await build("child-image"), env: { APP_PORT: "8200" } });
    await container.waitReady();
    expect(await get(container, 8200)).toBe("Hello from /workspace/");
    expect(await container.sh("ai-dock check")).toContain("app");
  });

  test("any-image serves the workspace by Python", async () => {
    await using container = await boot({ image: await build("any-image") });
    await container.waitReady();
    await container.sh("touch /workspace/hello");
    expect(await get(container, 8188)).toContain("hello");
  });

  test("drop-in starts its programs one after the other", async () => {
    const programs = { "app.conf": readFileSync(join(EXAMPLES, "drop-in/app.conf"), "utf8") };
    await using container = await boot({ programs });
    for (const said of ["database is ready", "worker 0 works", "worker 1 works", "everything is up"])
      await container.waitLog(said);
    await container.waitLog(/database ready [^]*worker_1 started [^]*worker_1 RUNNING[^]*greeting started /);
    await container.waitReady();
    expect(await container.sh("ai-dock check")).toStartWith("ok");
  });

  test("provisioning runs its script, and shells have what it exports", async () => {
    await using container = await boot({
      mounts: [`${EXAMPLES}/provisioning:/example:ro`],
      env: { PROVISIONING_SCRIPT: "/example/provisioning.sh" },
    });
    await container.waitLog("provisioning | provisioned /workspace/ at ");
    const exported = await waitFor(async () => container.sh("ai-dock shell -- printenv PROVISIONED_AT"));
    expect(exported).toMatch(/^\d{4}-\d\d-\d\dT/);
  });
});
