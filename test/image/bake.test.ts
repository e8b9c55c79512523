import { expect, setDefaultTimeout, test as always } from "bun:test";
import { must } from "../e2e/_run.ts";
import { BAKE, type BakeTarget, HAS_DOCKER, plan, refused, ROOT } from "./_bake.ts";

setDefaultTimeout(60_000);
const test = always.skipIf(!HAS_DOCKER);

/** The patterns of tags that users know. */
const patterns = {
  cuda: /^cuda-\d+\.\d+\.\d+(-cudnn\d?)?-(base|runtime|devel)-(22|24)\.04$/,
  rocm: /^rocm-\d+\.\d+\.\d+-(core|runtime|devel)-(22|24)\.04$/,
  cpu: /^cpu-(22|24)\.04$/,
  compat: /^(cpu|cuda-[\d.]+-\S+|rocm-[\d.]+-\S+)-(22|24)\.04-compat$/,
};

/** Part of what NVIDIA lists, written down apart from the table: level and Ubuntu by release. */
const published: Record<string, string[]> = {
  "11.8.0": ["base-22.04", "runtime-22.04", "devel-22.04", "cudnn8-runtime-22.04", "cudnn8-devel-22.04"],
  "12.3.2": ["base-22.04", "runtime-22.04", "devel-22.04", "cudnn9-runtime-22.04", "cudnn9-devel-22.04"],
  "12.4.1": ["base-22.04", "runtime-22.04", "devel-22.04", "cudnn-runtime-22.04", "cudnn-devel-22.04"],
  "12.5.1": ["base-22.04", "runtime-22.04", "devel-22.04", "base-24.04", "runtime-24.04", "devel-24.04"],
  "12.9.1": ["22.04", "24.04"].flatMap((ubuntu) =>
    ["base", "runtime", "devel", "cudnn-runtime", "cudnn-devel"].map((level) => `${level}-${ubuntu}`),
  ),
};

const tagOf = ({ tags }: BakeTarget) => tags[0]!.split(":")[1]!;

test("every target is named like its tag, and every tag fits the patterns", async () => {
  for (const [group, pattern] of Object.entries(patterns)) {
    const targets = Object.entries(await plan(group));
    expect(targets.length).toBeGreaterThan(1);
    for (const [name, target] of targets) {
      expect(target.tags).toEqual([`ghcr.io/ai-dock/base-image:${tagOf(target)}`]);
      expect(tagOf(target)).toMatch(pattern);
      expect(name).toBe(tagOf(target).replaceAll(".", "-"));
    }
  }
});

test("release is all of them, and nothing is called latest", async () => {
  const [all, ...parts] = await Promise.all(["release", ...Object.keys(patterns)].map((name) => plan(name)));
  expect(Object.keys(all!).toSorted()).toEqual(parts.flatMap((part) => Object.keys(part)).toSorted());
  expect(JSON.stringify(all)).not.toContain("latest");
});

test("the CUDA images are those that NVIDIA publishes", async () => {
  const targets = Object.values(await plan("cuda"));
  for (const [version, expected] of Object.entries(published)) {
    const found = targets.map(tagOf).filter((tag) => tag.startsWith(`cuda-${version}-`));
    expect(found.toSorted()).toEqual(expected.map((rest) => `cuda-${version}-${rest}`).toSorted());
  }
  for (const target of targets) {
    const [, version, level, ubuntu] = /^cuda-([\d.]+)-(.*)-([\d.]+)$/.exec(tagOf(target))!;
    expect(target.contexts.base).toBe(`docker-image://nvidia/cuda:${version}-${level}-ubuntu${ubuntu}`);
    expect(target.args).toMatchObject({ XPU_TARGET: "NVIDIA_GPU", CUDA_VERSION: version, CUDA_LEVEL: level });
  }
});

test("a compat image is the one of the same tag in another flavour", async () => {
  const all = await plan("release");
  const compat = Object.entries(await plan("compat"));
  expect(new Set(compat.map(([name]) => name.split("-")[0]))).toEqual(new Set(["cpu", "cuda", "rocm"]));
  for (const [name, { tags, labels, args, ...rest }] of compat) {
    const slim = all[name.replace(/-compat$/, "")]!;
    const { tags: _, labels: __, args: slimArgs, ...slimRest } = slim;
    expect(rest).toEqual(slimRest);
    expect(tags).toEqual([`${slim.tags[0]}-compat`]);
    expect(labels["org.opencontainers.image.ref.name"]).toBe(`${tagOf(slim)}-compat`);
    expect(args).toEqual({ ...slimArgs, FLAVOUR: "compat" });
    expect(slimArgs).not.toHaveProperty("FLAVOUR");
  }
});

test("a row makes the compat flavour of an image", async () => {
  const COMPAT_JSON = '["cuda-12.9.1-devel-24.04"]';
  expect(Object.keys(await plan("compat", { COMPAT_JSON }))).toEqual(["cuda-12-9-1-devel-24-04-compat"]);
});

test("a row is all that a new release takes", async () => {
  const CUDA_JSON = '[{"version":"13.9.1","cudnn":"cudnn","ubuntu":["24.04"]}]';
  expect(Object.keys(await plan("cuda", { CUDA_JSON })).toSorted()).toEqual([
    "cuda-13-9-1-base-24-04",
    "cuda-13-9-1-cudnn-devel-24-04",
    "cuda-13-9-1-cudnn-runtime-24-04",
    "cuda-13-9-1-devel-24-04",
    "cuda-13-9-1-runtime-24-04",
  ]);
});

test("platforms, registry, cache and attestations come from variables", async () => {
  const env = {
    REGISTRY: "registry.example/me",
    IMAGE: "mine",
    PLATFORMS: "linux/amd64,linux/arm64",
    ATTEST: "true",
    CACHE: "registry.example/cache",
    REVISION: "abc",
  };
  const targets = await plan("release", env);
  const { "cuda-13-2-1-base-24-04": cuda, "rocm-7-2-4-core-24-04": rocm } = targets;
  expect(cuda).toMatchObject({
    tags: ["registry.example/me/mine:cuda-13.2.1-base-24.04"],
    platforms: ["linux/amd64", "linux/arm64"],
    args: { REVISION: "abc", XPU_TARGET: "NVIDIA_GPU" },
    labels: {
      "org.opencontainers.image.revision": "abc",
      "org.opencontainers.image.ref.name": "cuda-13.2.1-base-24.04",
    },
  });
  expect(JSON.stringify(cuda!["cache-from"])).toContain("registry.example/cache:cuda-13.2.1-base-24.04");
  expect(JSON.stringify(cuda!.attest)).toMatch(/provenance.*sbom/);
  expect(rocm!.platforms).toEqual(["linux/amd64"]);
  expect(rocm!.args).toMatchObject({ XPU_TARGET: "AMD_GPU", ROCM_VERSION: "7.2.4", ROCM_LEVEL: "core" });
  const plain = (await plan("cpu-24-04"))["cpu-24-04"]!;
  expect(plain.platforms ?? []).toEqual([]);
  expect(plain.attest ?? []).toEqual([]);
});

test.each([
  ["PLATFORMS", "linux/sparc", "PLATFORMS: expected linux/amd64 or linux/arm64"],
  ["REGISTRY", "Not A Registry", "REGISTRY: expected a registry and owner such as ghcr.io/ai-dock"],
  ["CPU_JSON", '[{"ubuntu":"noble"}]', "CPU: expected Ubuntu releases such as 24.04"],
  [
    "CUDA_JSON",
    '[{"version":"12.4.1","cudnn":"cudnn","ubuntu":["24.04"]}]',
    "on Ubuntu 24.04 from 12.5 on only",
  ],
  [
    "CUDA_JSON",
    '[{"version":"12.9.1","cudnn":"cudnn8","ubuntu":["24.04"]}]',
    "CUDA: expected cuDNN as NVIDIA names it",
  ],
  [
    "CUDA_JSON",
    '[{"version":"12.9","cudnn":"","ubuntu":["24.04"]}]',
    "CUDA: expected versions such as 12.9.1",
  ],
  [
    "CUDA_JSON",
    '[{"version":"12.9.1","cudnn":"","ubuntu":["20.04"]}]',
    "CUDA: expected Ubuntu 22.04 or 24.04",
  ],
  ["COMPAT_JSON", '["latest"]', "COMPAT: expected tags such as cpu-24.04"],
  ["COMPAT_JSON", '["cpu-20.04"]', "cpu-20-04"],
  [
    "ROCM_JSON",
    '[{"version":"7.14.0","repository":"radeon","ubuntu":["24.04"]}]',
    "ROCM: expected the repository radeon below 7.13",
  ],
])("refuses a wrong %s: %s", async (name, value, message) => {
  const { stderr, code } = await refused("release", { [name]: value });
  expect(stderr).toContain(message);
  expect(code).toBe(1);
});

test("bake lists its variables with what they are for", async () => {
  const list = await must([...BAKE, "--list=variables"], { cwd: ROOT });
  for (const name of ["CUDA", "ROCM", "CPU", "COMPAT", "PLATFORMS", "REGISTRY", "ATTEST", "CACHE"])
    expect(list).toMatch(new RegExp(`^${name}\\s.*\\w{3}`, "m"));
});
