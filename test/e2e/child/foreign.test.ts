import { describe, expect, test } from "bun:test";
import { runAttached } from "../harness.ts";
import { bootChild, childImage, environmentOfApp } from "./_child.ts";

interface Status {
  name: string;
  state: string;
  ready: boolean | null;
  reason: string | null;
}

describe("ai-dock in an image that has nothing else of ours", () => {
  test("serves the app of a drop-in, and says of everything else why it is not up", async () => {
    await using container = await bootChild("foreign");
    expect(await environmentOfApp(container, "foreign")).toMatchObject({
      GPU_COUNT: "0",
      WORKSPACE: "/workspace/",
      WORKSPACE_MOUNTED: "false",
    });
    await container.waitReady();
    const status = JSON.parse(await container.sh("ai-dock status --json")) as Status[];
    expect(status.find(({ name }) => name === "app")).toMatchObject({ state: "RUNNING", ready: true });
    const others = status.filter(({ name }) => name !== "app");
    expect(others.filter(({ state, reason }) => state !== "STOPPED" || !reason)).toEqual([]);
    expect(others.find(({ name }) => name === "sshd")?.reason).toBe("openssh-server is not installed");
    expect(await container.logs()).not.toMatch(/ (error|bug)\b|^\s+at /m);
  });

  test("names in ai-dock doctor what is missing, and how to get it", async () => {
    await using container = await bootChild("foreign");
    await container.waitReady();
    const { stdout } = await container.exec(["ai-dock", "doctor"]);
    for (const text of ["apt-get install openssh-server", "apt-get install fuse3", "cloudflared"])
      expect(stdout).toContain(text);
  });

  test("can be told to start what cannot: the answer is the reason, not a failure of the container", async () => {
    await using container = await bootChild("foreign");
    await container.waitReady();
    const { stdout, code } = await container.exec(["ai-dock", "start", "sshd"]);
    expect(stdout).toContain("openssh-server is not installed");
    expect(code).toBe(1);
    expect((await container.exec(["ai-dock", "health"])).code).toBe(0);
  });

  test("runs a main command and hands its exit code on", async () => {
    const { stdout, code } = await runAttached({
      image: await childImage("foreign"),
      args: ["EXTRA_VAR=other value"],
      cmd: ["bash", "-c", 'echo "$EXTRA_VAR $WORKSPACE"; exit 7'],
    });
    expect(stdout).toBe("other value /workspace/\n");
    expect(code).toBe(7);
  });

  test("serves its app as a user without rights, and with nothing to write to", async () => {
    for (const options of [{ user: "1000" }, { readOnly: true }, { capDrop: ["ALL"] }, { init: true }]) {
      await using container = await bootChild("foreign", options);
      expect(await environmentOfApp(container, "foreign")).toMatchObject({ WORKSPACE: "/workspace/" });
      expect(await container.logs()).not.toMatch(/^\s+at /m);
      // The control socket has a place also where /run cannot be written.
      await container.waitReady();
      expect((await container.exec(["ai-dock", "status", "app"])).code).toBe(0);
    }
  });
});
