import { describe, expect, test } from "bun:test";
import { chownSync, mkdirSync, writeFileSync } from "node:fs";
import { type Container, tempFolder, waitFor } from "../harness.ts";
import { bootChild } from "./_child.ts";

const OWNER = 1234;

/** A folder of a user of the machine, with models that were there before. */
function volume(): string {
  const folder = tempFolder();
  for (const path of [
    folder,
    `${folder}/storage`,
    `${folder}/storage/models`,
    `${folder}/storage/models/lora`,
  ]) {
    if (path !== folder) mkdirSync(path);
    chownSync(path, OWNER, OWNER);
  }
  writeFileSync(`${folder}/storage/models/lora/early.bin`, "early");
  return folder;
}

const said = (container: Container) =>
  waitFor(async () => /version: .*/.exec(await container.logs())?.[0], {
    what: "the app to say what it sees",
    detail: () => container.logs(),
  });

const SUM = "cd /opt/App && find -L part weights version -type f | sort | xargs sha256sum | sha256sum";

describe("an app that belongs on the volume", () => {
  test("is moved at the first boot, and linked for ever: a kill, a restart and a new container lose nothing", async () => {
    const folder = volume();
    const options = { mounts: [`${folder}:/workspace`] };
    let container = await bootChild("volume", options);
    try {
      // Killed while the large file is written.
      await waitFor(
        async () => (await container.exec(["test", "-e", "/workspace/.ai-dock-sync/App"])).code === 0,
        {
          what: "a copy that has begun",
          detail: () => container.logs(),
        },
      );
      await container.kill();
      await container.wait();
      await container.start();
      await container.waitReady();
      expect(await said(container)).toBe("version: version 1, parts: 200, models: early.bin");
      expect(
        await container.sh("readlink /opt/App; ls -A /workspace | grep -v remote; ls -A /opt | grep App"),
      ).toBe(["/workspace/App", "App", "storage", "App"].join("\n"));
      const sum = await container.sh(SUM);
      expect(await container.sh("stat -c '%U:%G %a' /workspace/App/version")).toBe("root:ai-dock 664");
      await container.restart();
      await container.waitReady();
      await container.waitLog(/info sync Directories of \/opt are on the volume/);
      await container.sh("echo mine > /workspace/App/mine");
      await container[Symbol.asyncDispose]();

      container = await bootChild("volume", options);
      await container.waitReady();
      expect(await container.sh("cat /opt/App/mine; test -e /opt/App/outputs; readlink /opt/App")).toBe(
        "mine\n/workspace/App",
      );
      expect(await container.sh(SUM)).toBe(sum);
      expect(await container.sh("ai-dock doctor | grep /opt/App")).toContain("is on the volume");
    } finally {
      await container[Symbol.asyncDispose]();
    }
  });

  test("stays whole in the container when the workspace is in memory, and says why", async () => {
    await using container = await bootChild("volume", { tmpfs: ["/workspace"] });
    await container.waitReady();
    expect(await said(container)).toContain("parts: 200");
    await container.waitLog(/info sync OPT_SYNC: nothing is moved: "\/workspace\/" is in memory/);
    expect(await container.sh("test ! -L /opt/App && ls -A /workspace | grep -c ai-dock-sync || true")).toBe(
      "0",
    );
  });

  test("finds files of the storage, at boot and as they come, by links of the account", async () => {
    const folder = volume();
    await using container = await bootChild("volume", { mounts: [`${folder}:/workspace`] });
    await container.waitReady();
    const links = () => container.sh("cd /opt/App/models && find . -type l -printf '%P %l\\n' | sort");
    const early = "loras/early.bin /workspace/storage/models/lora/early.bin";
    const image = "vae/image.bin /workspace/storage/models/vae/image.bin";
    expect(await links()).toBe(`${early}\n${image}`);
    expect(await container.read("/opt/App/models/vae/image.bin")).toBe("model\n");
    await container.sh(
      "mkdir -p /workspace/storage/models/vae/deep && echo late > /workspace/storage/models/vae/deep/late.bin",
    );
    await waitFor(async () => (await links()).includes("vae/deep/late.bin"), {
      what: "a link to a new file",
    });
    await container.sh("rm /workspace/storage/models/lora/early.bin");
    await waitFor(async () => !(await links()).includes("early.bin"), { what: "the link to go" });
    expect(await container.sh("ps -o user= -p $(pgrep -f '[s]toragemonitor --workspace')")).toBe("user");
    expect(await container.sh("ai-dock status storagemonitor")).toMatch(/RUNNING.*links: \d+ made/);
  });
});
