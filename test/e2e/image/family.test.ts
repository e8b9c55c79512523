import { afterAll, beforeAll, expect, test } from "bun:test";
import { boot, IMAGE, must, RUN_ID, tempFolder } from "../harness.ts";
import { BAKE, type BakeTarget, plan, ROOT } from "../../image/_bake.ts";

const FIXTURE = `${ROOT}/test/fixtures/rocm-repository.sh`;

/** What the images of this machine are built on where no registry answers. */
const BASE = "docker-image://debian:trixie";

/** The engine's name for all images of the family that are built here; the tag is the target's own. */
const FAMILY = `ai-dock/${RUN_ID}`;

/** So many boot at once. */
const BOOTS = 4;
const FAMILY_MILLISECONDS = 15 * 60_000;

/** So many are built by one call; BuildKit loses track of some when there are a hundred, all waiting for the first layer. */
const BATCH = 16;

/** Bakes targets on the stand-in base, tagged as the bake file has it. */
async function bake(
  names: string[],
  settings: Record<string, string> = {},
  { flags = ["--load"], env = {} }: { flags?: string[]; env?: Record<string, string> } = {},
): Promise<void> {
  const all = {
    "*.contexts.base": BASE,
    "*.contexts.tools": tempFolder(),
    "*.contexts.nvm": tempFolder(),
    "*.contexts.binary": "dist",
    "*.args.ROCM_RADEON_URL": `${address}/rocm`,
    "*.args.ROCM_THEROCK_URL": `${address}/therock`,
    ...settings,
  };
  const sets = Object.entries(all).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  await must([...BAKE, ...flags, "--progress=plain", ...sets, ...names], {
    cwd: ROOT,
    env: { BUILDX_BAKE_ENTITLEMENTS_FS: "0", REGISTRY: "ai-dock", IMAGE: RUN_ID, ...env },
  });
}

/** Packages of AMD as stand-ins, behind http. */
let repository: Awaited<ReturnType<typeof boot>>;
let address: string;

beforeAll(async () => {
  const folder = tempFolder();
  await must(["bash", FIXTURE, folder, "trixie", "debian", "13"]);
  repository = await boot({
    entrypoint: "rclone",
    healthcheck: false,
    mounts: [`${folder}:/srv:ro`],
    cmd: ["serve", "http", "--addr", ":80", "/srv"],
  });
  await repository.waitLog("HTTP Server started");
  address = `http://${await repository.ip()}`;
  // Every other one has its first layer, too.
  await bake(["cpu-24-04"]);
  const names = Object.keys(await plan("release"));
  for (let first = 0; first < names.length; first += BATCH) await bake(names.slice(first, first + BATCH));
}, FAMILY_MILLISECONDS);

afterAll(async () => {
  await repository[Symbol.asyncDispose]();
  const images = await must(["docker", "images", "--quiet", FAMILY]);
  await must(["docker", "rmi", "--force", ...new Set(images.split("\n").filter((id) => id !== ""))]);
}, FAMILY_MILLISECONDS);

/** What the bake file asks for, by tag. */
async function family(): Promise<Map<string, BakeTarget>> {
  return new Map(
    Object.values(await plan("release")).map((target) => [target.tags[0]!.split(":")[1]!, target]),
  );
}

interface Image {
  Config: { Env: string[]; Labels: unknown };
  RootFS: { Layers: string[] };
}

async function inspect(tags: Iterable<string>): Promise<Image[]> {
  const names = [...tags].map((tag) => `${FAMILY}:${tag}`);
  return JSON.parse(await must(["docker", "image", "inspect", ...names])) as Image[];
}

const VARIABLES = "XPU_TARGET CUDA_VERSION CUDA_LEVEL CUDNN_VERSION ROCM_VERSION ROCM_LEVEL".split(" ");

test("every image of the family is built, and its variables say what it is", async () => {
  const targets = await family();
  expect(targets.size).toBeGreaterThan(100);
  const images = await inspect(targets.keys());
  const found = images.map(({ Config }) =>
    Config.Env.filter((line) => VARIABLES.includes(line.split("=")[0]!)),
  );
  const wanted = [...targets.values()].map(({ args }) =>
    VARIABLES.map((name) => `${name}=${args[name] ?? ""}`),
  );
  expect(found).toEqual(wanted);
});

/**
 * The rule of what is booted: one image, the last, of all that have the same files and, but for the numbers of versions,
 * the same configuration. What a boot can tell apart differs in one of them. AMD's packages are stand-ins, so that the
 * files of one release differ from those of another in its number alone.
 */
async function booted(targets: Map<string, BakeTarget>): Promise<string[]> {
  const tags = [...targets.keys()];
  const kinds = new Map<string, string>();
  for (const [index, { Config, RootFS }] of (await inspect(tags)).entries()) {
    const tag = tags[index]!;
    const target = targets.get(tag)!;
    const { Labels: _, ...config } = Config;
    const Env = config.Env.map((line) => line.replace(/^(\w+_VERSION=).*\d.*$/, "$1a version"));
    const files = target.args["ROCM_VERSION"] === undefined ? RootFS.Layers : features(target);
    kinds.set(JSON.stringify([files, { ...config, Env }]), tag);
  }
  return [...kinds.values()];
}

/** The features of a target, as the bake file has them. */
const features = ({ args }: BakeTarget) =>
  [
    args["XPU_TARGET"],
    args["CUDA_LEVEL"],
    args["CUDNN_VERSION"],
    args["ROCM_REPOSITORY"],
    args["ROCM_LEVEL"],
    args["FLAVOUR"],
  ].join();

test(
  "an image of each kind boots, lets in by ssh, knows what it is, is healthy and stops",
  async () => {
    const targets = await family();
    const tags = await booted(targets);
    const shown = new Set(tags.map((tag) => features(targets.get(tag)!)));
    expect(shown).toEqual(new Set([...targets.values()].map(features)));
    const waiting = [...tags];
    const outcomes: string[] = [];
    const worker = async () => {
      for (let tag = waiting.pop(); tag !== undefined; tag = waiting.pop())
        outcomes.push(await must(["bash", `${ROOT}/scripts/lib/boot-test.sh`, `${FAMILY}:${tag}`]));
    };
    await Promise.all(Array.from({ length: BOOTS }, worker));
    expect(outcomes).toHaveLength(tags.length);
    expect(outcomes.join("\n")).toMatch(
      /:cuda-([\d.]+)-cudnn-runtime-[\d.]+: boots, lets in by ssh \(cudnn-runtime \1 9 NVIDIA_GPU\)/,
    );
    expect(outcomes.join("\n")).toMatch(
      /:rocm-([\d.]+)-core-[\d.]+: boots, lets in by ssh \(core \1 AMD_GPU\)/,
    );
  },
  FAMILY_MILLISECONDS,
);

test(
  "a CUDA image on a base like NVIDIA's: its entrypoint is not run, its variables stay",
  async () => {
    const nvidia = `ai-dock:${RUN_ID}-nvidia`;
    // With the packages in it already: variables like these have all of them installed anew, which shows nothing here.
    const packages = `ai-dock:${RUN_ID}-packages`;
    const stage = ["--target", "packages", "--build-context", `base=${BASE}`];
    await must(["docker", "build", "--quiet", ...stage, "--tag", packages, "."], { cwd: ROOT });
    const dockerfile = `FROM ${packages}
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility PATH=/usr/local/cuda/bin:$PATH
ENTRYPOINT ["/opt/nvidia/nvidia_entrypoint.sh"]
CMD ["/bin/bash"]
`;
    await must(["docker", "build", "--quiet", "--tag", nvidia, "-"], { stdin: dockerfile });
    const image = `${FAMILY}:nvidia`;
    await bake(["cuda-12-9-1-cudnn-runtime-24-04"], {
      "*.contexts.base": `docker-image://${nvidia}`,
      "*.tags": image,
    });
    await using container = await boot({ image });
    await container.waitReady();
    expect(await container.sh('echo "$NVIDIA_VISIBLE_DEVICES $PATH"')).toMatch(
      /^all .*\/usr\/local\/cuda\/bin/,
    );
    expect(await container.logs()).not.toContain("nvidia_entrypoint");
    await must(["docker", "rmi", "--force", nvidia, packages]);
  },
  FAMILY_MILLISECONDS,
);

test.each([
  ["rocm-7.2.4-runtime-24.04", "rocminfo 7.2.4"],
  // The newer release in the same repository is not taken.
  ["rocm-7.14.0-runtime-24.04", "amdrocm 7.14.0"],
])(
  "%s: its packages come from a signed repository and are found by PATH and linker",
  async (tag, version) => {
    await using container = await boot({ image: `${FAMILY}:${tag}` });
    await container.waitReady();
    expect(await container.sh("rocminfo")).toBe(version);
    expect(
      await container.sh('test -d "$(cat /etc/ld.so.conf.d/rocm.conf)"; getent group render | cut -d: -f1'),
    ).toBe("render");
    expect(
      await container.sh("find /var/lib/apt/lists /tmp /root/.gnupg -type f -size +0 2>/dev/null | wc -l"),
    ).toBe("0");
  },
);

test(
  "a level that a repository does not have is refused with its name",
  async () => {
    const outcome = await bake(["rocm-7-2-4-core-24-04"], { "*.args.ROCM_LEVEL": "complete" }).catch(String);
    expect(outcome).toContain('ROCM_LEVEL: expected one that radeon has, got "complete"');
  },
  // It waits for whoever installs packages in another build: they share one cache of apt.
  FAMILY_MILLISECONDS,
);

test(
  "a plain docker build gives the CPU image",
  async () => {
    const image = `${FAMILY}:plain`;
    const contexts = { base: BASE, tools: tempFolder(), binary: "dist" };
    const argv = Object.entries(contexts).flatMap(([name, value]) => ["--build-context", `${name}=${value}`]);
    await must(["docker", "build", "--quiet", "--target", "image", "--tag", image, ...argv, "."], {
      cwd: ROOT,
    });
    await using container = await boot({ image });
    await container.waitReady();
    expect(await container.sh('echo "$XPU_TARGET"')).toBe("CPU");
  },
  FAMILY_MILLISECONDS,
);

test(
  "the same sources and date give the same image, byte for byte",
  async () => {
    const folder = tempFolder();
    const build = async (name: string) => {
      await bake(
        ["cpu-24-04"],
        { "*.output": `type=tar,dest=${folder}/${name}` },
        { flags: ["--no-cache"], env: { SOURCE_DATE_EPOCH: "1700000000" } },
      );
      return (await must(["sha256sum", `${folder}/${name}`])).split(" ")[0];
    };
    expect(await build("first")).toBe(await build("second"));
  },
  FAMILY_MILLISECONDS,
);

test("every file of the test image belongs to root, and none of the system's is for all to write", async () => {
  const script =
    "find / -xdev \\( -nouser -o -perm -0002 ! -perm -1000 ! -type l \\) -not -path '/proc/*' -not -path '/dev/*' -not -path '/sys/*'";
  expect(await must(["docker", "run", "--rm", "--entrypoint", "bash", IMAGE, "-c", script])).toBe("");
});
