import { describe, expect, test } from "bun:test";
import { schema } from "../../src/env/schema.ts";
import { must, run } from "./harness.ts";

const ROOT = `${import.meta.dir}/../..`;
const BAKE = ["docker", "buildx", "bake", "-f", "docker-bake.hcl"];

describe("docker-bake.hcl", () => {
  test("names each cpu target like its tag, on the Ubuntu of that tag", async () => {
    const { target } = JSON.parse(await must([...BAKE, "--print", "cpu"], { cwd: ROOT }));
    const summary = Object.entries<BakeTarget>(target).map(([name, { tags, contexts }]) => [
      name,
      tags,
      contexts.base,
    ]);
    expect(summary).toEqual([
      ["cpu-22-04", ["ghcr.io/ai-dock/base-image:cpu-22.04"], "docker-image://ubuntu:22.04"],
      ["cpu-24-04", ["ghcr.io/ai-dock/base-image:cpu-24.04"], "docker-image://ubuntu:24.04"],
    ]);
  });

  test("takes registry, image and platforms from variables", async () => {
    const env = { REGISTRY: "registry.example/me", IMAGE: "mine", PLATFORMS: "linux/amd64,linux/arm64" };
    const { target } = JSON.parse(await must([...BAKE, "--print", "cpu-24-04"], { cwd: ROOT, env }));
    expect(target["cpu-24-04"]).toMatchObject({
      tags: ["registry.example/me/mine:cpu-24.04"],
      platforms: ["linux/amd64", "linux/arm64"],
    });
  });

  test.each([
    ["PLATFORMS", "linux/sparc", "PLATFORMS: expected linux/amd64 or linux/arm64"],
    ["REGISTRY", "Not A Registry", "REGISTRY: expected a registry and owner such as ghcr.io/ai-dock"],
    ["CPU_JSON", '[{"ubuntu":"noble"}]', "CPU: expected Ubuntu releases such as 24.04"],
  ])("refuses a wrong %s", async (name, value, message) => {
    const { stderr, code } = await run([...BAKE, "--print", "cpu"], { cwd: ROOT, env: { [name]: value } });
    expect(stderr).toContain(message);
    expect(code).toBe(1);
  });
});

describe("compose.yaml", () => {
  test("passes every setting on, and nothing when .env is empty", async () => {
    const { environment } = await service({});
    const { RCLONE_CONFIG, ...others } = environment;
    expect(Object.keys(environment).toSorted()).toEqual(Object.keys(schema).toSorted());
    // An empty one would hide the image's own from rclone in a shell.
    expect(RCLONE_CONFIG).toBe("/etc/rclone/rclone.conf");
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
    ]);
  });

  test("mounts the workspace where WORKSPACE says", async () => {
    const { volumes } = await service({ WORKSPACE: "/data/", WORKSPACE_PROPAGATION: "rprivate" });
    const workspace = volumes.find(({ source }) => source.endsWith("/workspace"));
    expect(workspace).toMatchObject({ target: "/data", bind: { propagation: "rprivate" } });
  });
});

interface BakeTarget {
  tags: string[];
  contexts: { base: string };
}

interface ComposeService {
  image: string;
  environment: Record<string, string>;
  cap_add: string[];
  devices: { target: string }[];
  ports: { published: string; target: number }[];
  volumes: { source: string; target: string; bind?: { propagation?: string } }[];
}

async function service(env: Record<string, string>): Promise<ComposeService> {
  const argv = [
    "docker",
    "compose",
    "--env-file",
    "/dev/null",
    "-f",
    "compose.yaml",
    "config",
    "--format",
    "json",
  ];
  const config = JSON.parse(await must(argv, { cwd: ROOT, env }));
  return config.services.supervisor;
}
