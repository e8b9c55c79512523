import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { schema } from "../../src/env/schema.ts";
import { must } from "../e2e/_run.ts";
import { HAS_DOCKER, ROOT } from "./_bake.ts";

setDefaultTimeout(60_000);

describe.skipIf(!HAS_DOCKER)("compose.yaml", () => {
  test("passes every setting on, and nothing when .env is empty", async () => {
    const { environment } = await service({});
    const { RCLONE_CONFIG, AI_DOCK_PORTAL, ...others } = environment;
    expect(Object.keys(environment).toSorted()).toEqual(Object.keys(schema).toSorted());
    // An empty one would hide the image's own from rclone in a shell.
    expect(RCLONE_CONFIG).toBe("/etc/rclone/rclone.conf");
    expect(AI_DOCK_PORTAL).toBe("true");
    expect(Object.values(others).filter((value) => value !== "")).toEqual([]);
  });

  test("runs the published image with all features, on the documented ports", async () => {
    const { image, cap_add, devices, ports } = await service({});
    expect({ image, cap_add, devices: devices.map(({ target }) => target) }).toEqual({
      image: "ghcr.io/ai-dock/base-image:cpu-24.04",
      cap_add: ["SYS_ADMIN"],
      devices: ["/dev/fuse"],
    });
    expect(ports.map(({ published, target }) => `${published}:${target}`)).toEqual([
      "2222:22",
      "53682:53682",
      "1111:1111",
    ]);
  });

  test("has a service for each kind of GPU, which is not started unless asked for", async () => {
    const { services } = await compose({}, ["--profile", "*"]);
    expect(Object.keys((await compose({})).services)).toEqual(["supervisor"]);
    expect(services["nvidia"]).toMatchObject({
      cap_add: ["SYS_ADMIN"],
      build: { args: { XPU_TARGET: "NVIDIA_GPU" } },
      deploy: { resources: { reservations: { devices: [{ driver: "nvidia", capabilities: ["gpu"] }] } } },
    });
    expect(services["amd"]).toMatchObject({
      build: { args: { XPU_TARGET: "AMD_GPU" } },
      group_add: ["video", "render"],
      security_opt: ["apparmor:unconfined", "seccomp:unconfined"],
    });
    expect(services["amd"]!.devices.map(({ target }) => target)).toEqual([
      "/dev/fuse",
      "/dev/kfd",
      "/dev/dri",
    ]);
  });

  test("mounts the workspace where WORKSPACE says", async () => {
    const { volumes } = await service({ WORKSPACE: "/data/", WORKSPACE_PROPAGATION: "rprivate" });
    const workspace = volumes.find(({ source }) => source.endsWith("/workspace"));
    expect(workspace).toMatchObject({ target: "/data", bind: { propagation: "rprivate" } });
  });
});

interface ComposeService {
  image: string;
  environment: Record<string, string>;
  cap_add: string[];
  devices: { target: string }[];
  ports: { published: string; target: number }[];
  volumes: { source: string; target: string; bind?: { propagation?: string } }[];
}

async function service(env: Record<string, string>): Promise<ComposeService> {
  return (await compose(env)).services["supervisor"]!;
}

async function compose(
  env: Record<string, string>,
  options: string[] = [],
): Promise<{ services: Record<string, ComposeService> }> {
  const argv = ["docker", "compose", "--env-file", "/dev/null", "-f", "compose.yaml", ...options];
  return JSON.parse(await must([...argv, "config", "--format", "json"], { cwd: ROOT, env }));
}
