import { expect, test } from "bun:test";
import { boot, must, RUN_ID, tempFolder, waitFor } from "../harness.ts";
import { environmentOfApp } from "../child/_child.ts";
import { ROOT } from "../../image/_bake.ts";

/** Made by `scripts/lib/arm64.sh base`, which also lets this machine run it. */
const BASE = "docker-image://ai-dock:arm64-base";
const CHILD = `${ROOT}/test/child`;

const arm64 = ["--platform", "linux/arm64"];

/** Bun's own, each of which would keep the container from booting, or run what is not there. */
const variables = {
  BUN_BE_BUN: "1",
  BUN_OPTIONS: "--preload=/x.js",
  BUN_INSPECT: "ws://127.0.0.1:9229/x",
  BUN_JSC_unknown: "1",
};

/** Everything runs under QEMU here. */
const EMULATED = { limit: 150_000 };
const TEST_MILLISECONDS = 15 * 60_000;

test(
  "an image for arm64 is assembled, boots whatever is said to Bun, serves its app, restarts it and stops",
  async () => {
    const tree = tempFolder();
    const binary = `${tree}/usr/local/bin/ai-dock`;
    await must([process.execPath, `${ROOT}/scripts/build.ts`, "--target", "arm64", "--outfile", binary], {
      cwd: ROOT,
    });
    const image = `ai-dock:${RUN_ID}-arm64`;
    const contexts = { "debian:trixie": BASE, "ai-dock": tree, server: `${CHILD}/server` };
    const argv = Object.entries(contexts).flatMap(([name, value]) => ["--build-context", `${name}=${value}`]);
    await must(["docker", "build", "--quiet", ...arm64, "--tag", image, ...argv, `${CHILD}/foreign`]);
    try {
      await using container = await boot({
        image,
        more: arm64,
        env: { EXTRA: "a $b", AI_DOCK_STOP_TIMEOUT: "50", ...variables },
      });
      await container.waitReady(EMULATED);
      // That itself waits for so long as an app takes that is not emulated.
      const answer = () => waitFor(() => environmentOfApp(container, "foreign"), EMULATED);
      expect(await answer()).toMatchObject({
        EXTRA: "a $b",
        WORKSPACE_MOUNTED: "false",
        ...variables,
      });
      expect(await container.sh("uname -m")).toBe("aarch64");
      expect(await container.sh("ai-dock --version")).toMatch(/^ai-dock \d+\.\d+\.\d+ \(/);
      expect(await container.sh("ai-dock status app")).toMatch(/^app +RUNNING/);
      await waitFor(
        async () => (await container.sh("ai-dock logs -n 1 app")).includes("GET / HTTP/1.1"),
        EMULATED,
      );
      const pid = async () => {
        const { stdout } = await container.exec(["ai-dock", "status", "--json", "app"]);
        return (JSON.parse(stdout) as { pid: number | null }[])[0]!.pid;
      };
      const first = await pid();
      await container.sh("ai-dock signal KILL app");
      await waitFor(async () => ![first, null].includes(await pid()), EMULATED);
      await answer();
      expect((await container.stop(60)).code).toBe(0);
    } finally {
      await must(["docker", "rmi", "--force", image]);
    }
  },
  TEST_MILLISECONDS,
);
