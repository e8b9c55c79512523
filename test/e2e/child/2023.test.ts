import { describe, expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { keypair, tempFolder, waitFor } from "../harness.ts";
import { bootChild, environmentOfApp } from "./_child.ts";

describe("a child image of 2023", () => {
  test("was built with the variables and the tools its scripts expect", async () => {
    await using container = await bootChild("2023");
    expect((await container.read("/opt/app/build.log")).trim().split("\n")).toEqual([
      "micromamba create -y -c conda-forge -n app python=3.10",
      "micromamba install -y -c conda-forge -n app pip",
      "micromamba run -n system pip install --no-cache-dir torch",
      "built for cpu",
    ]);
    expect(await container.sh("ls /opt/ai-dock/bin")).not.toContain("build");
  });

  test("serves its app with the environment of the contract, after preflight and provisioning", async () => {
    await using container = await bootChild("2023");
    expect(await environmentOfApp(container, "2023")).toMatchObject({
      APP_GREETING: "hello from preflight",
      GPU_COUNT: "0",
      HOME: "/root",
      PROC_NAME: "app",
      PWD: "/workspace",
      SUPERVISOR_PROCESS_NAME: "app",
      WORKSPACE: "/workspace/",
      WORKSPACE_GID: "0",
      WORKSPACE_MOUNTED: "false",
      WORKSPACE_UID: "0",
      XPU_TARGET: "CPU",
    });
    await container.waitLog("app | hello from preflight");
    const log = await container.waitLog("app | Starting App...");
    expect(log.indexOf("provisioning | provisioning the app")).toBeGreaterThan(-1);
    expect(log.indexOf("provisioning the app")).toBeLessThan(log.indexOf("app | Starting App..."));
    expect(log).not.toContain("the workspace is a mount");
    await container.waitReady();
  });

  test("takes its port, its workspace and its accelerator from the environment and arguments", async () => {
    await using container = await bootChild("2023", {
      env: { APP_PORT: "9000", WORKSPACE: "/data" },
      args: ["XPU_TARGET=NVIDIA_GPU"],
      tmpfs: ["/data"],
    });
    expect(await environmentOfApp(container, "2023", 9000)).toMatchObject({
      PWD: "/data",
      WORKSPACE: "/data/",
      WORKSPACE_MOUNTED: "true",
      XPU_TARGET: "NVIDIA_GPU",
    });
    await container.waitLog("app | the workspace is a mount");
    expect(await container.sh("ps -o args= -C perl")).toBe("perl /opt/app/serve.pl 9000");
  });

  test("obeys supervisorctl, and leaves nothing behind when it is stopped", async () => {
    await using container = await bootChild("2023");
    await container.waitReady();
    const supervisorctl = async (...words: string[]) =>
      (await container.exec(["supervisorctl", ...words])).stdout.trim();
    const pid = () => container.sh("supervisorctl pid app");
    const first = await pid();
    expect(await supervisorctl("restart", "app")).toBe("app: stopped\napp: started");
    expect(await pid()).not.toBe(first);
    expect(await supervisorctl("stop", "app")).toBe("app: stopped");
    expect(await supervisorctl("status", "app")).toMatch(/^app +STOPPED/);
    expect(await container.sh("pgrep -r RSD -c perl || true")).toBe("0");
    expect(await supervisorctl("start", "app")).toBe("app: started");
    expect(await environmentOfApp(container, "2023")).toMatchObject({ PROC_NAME: "app" });
  });

  test("shows its log in logtail.sh, as it grows", async () => {
    await using container = await bootChild("2023");
    await container.sh("(logtail.sh app >/tmp/tail 2>&1 &)");
    await environmentOfApp(container, "2023");
    const tail = await waitFor(
      async () => {
        const text = await container.read("/tmp/tail");
        return text.includes("GET / HTTP/1.1") && text;
      },
      { what: "the request in logtail.sh" },
    );
    expect(tail).toContain("listening on port 8188");
    expect(tail).not.toContain("Provisioning");
  });

  test("opens its own quick tunnel, whose log is one of the container's and which ends with the app", async () => {
    const cloudflared = `${tempFolder()}/cloudflared`;
    // The page of the container has a tunnel of its own.
    const script =
      '#!/bin/sh\necho "cloudflared $*"\ncase $* in *localhost:8188*) exec sleep 7100 ;; *) exec sleep 7200 ;; esac\n';
    writeFileSync(cloudflared, script);
    chmodSync(cloudflared, 0o755);
    await using container = await bootChild("2023", {
      env: { CF_QUICK_TUNNELS: "true" },
      mounts: [`${cloudflared}:/usr/local/bin/cloudflared:ro`],
    });
    await waitFor(async () =>
      (await container.read("/var/log/supervisor/quicktunnel-app.log")).includes(
        "cloudflared tunnel --url localhost:8188",
      ),
    );
    expect(await container.sh("ai-dock logs quicktunnel-app")).toContain("--url localhost:8188");
    await container.waitReady();
    expect(await container.sh("supervisorctl stop app")).toBe("app: stopped");
    expect(await container.sh("pgrep -r RSD -fc 'sleep 710[0]' || true")).toBe("0");
  });

  test("comes up again after a restart, with every file as it was", async () => {
    const key = await keypair();
    await using container = await bootChild("2023", { env: { SSH_PUBKEY: key.public } });
    // The engine writes some itself, with the address that the container has this time.
    const list = "find /etc /root /opt /workspace -type f ! -name hosts ! -name hostname ! -name resolv.conf";
    const files = () => container.sh(`${list} -exec sha256sum {} + | sort -k 2`);
    await container.waitReady();
    const before = await files();
    expect(before).toContain("/root/.bashrc");
    await container.restart();
    await container.waitReady();
    expect(await files()).toBe(before);
    expect(await environmentOfApp(container, "2023")).toMatchObject({ APP_GREETING: "hello from preflight" });
    expect((await container.ssh("echo $APP_GREETING", { key })).stdout).toBe("hello from preflight\n");
  });
});
