import { beforeAll, expect, test } from "bun:test";
import { boot, type BootOptions, IMAGE, must, RUN_ID, tempFolder } from "../harness.ts";
import { BAKE, ROOT } from "./_bake.ts";

const FIXTURE = `${ROOT}/test/fixtures/rocm-repository.sh`;

/** What the images of this machine are built on where no registry answers. */
const BASE = "docker-image://debian:trixie";

/** Builds one target of the bake file on the stand-in base; the name of the image. */
async function build(target: string, base: string, args: Record<string, string> = {}): Promise<string> {
  const image = `ai-dock:${RUN_ID}-${target}`;
  const settings = {
    [`${target}.contexts.base`]: base,
    [`${target}.contexts.tools`]: tempFolder(),
    [`${target}.contexts.binary`]: "dist",
    [`${target}.tags`]: image,
    ...Object.fromEntries(Object.entries(args).map(([name, value]) => [`${target}.args.${name}`, value])),
  };
  const sets = Object.entries(settings).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  await must([...BAKE, "--load", "--progress=plain", ...sets, target], {
    cwd: ROOT,
    env: { BUILDX_BAKE_ENTITLEMENTS_FS: "0" },
  });
  return image;
}

/** Boots an image and removes it afterwards. */
async function withImage(image: string, check: (options: BootOptions) => Promise<void>): Promise<void> {
  try {
    await check({ image });
  } finally {
    await must(["docker", "rmi", "--force", image]);
  }
}

let repository: Awaited<ReturnType<typeof boot>>;
let address: string;

beforeAll(async () => {
  const folder = tempFolder();
  await must(["bash", FIXTURE, folder, "trixie", "debian", "13"]);
  repository = await boot({
    entrypoint: "rclone",
    mounts: [`${folder}:/srv:ro`],
    cmd: ["serve", "http", "--addr", ":80", "/srv"],
  });
  await repository.waitLog("HTTP Server started");
  address = `http://${await repository.ip()}`;
  return async () => repository[Symbol.asyncDispose]();
});

test("a CUDA image on a base like NVIDIA's: its entrypoint is not run, its variables stay", async () => {
  const nvidia = `ai-dock:${RUN_ID}-nvidia`;
  const dockerfile = `FROM debian:trixie
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility PATH=/usr/local/cuda/bin:$PATH
ENTRYPOINT ["/opt/nvidia/nvidia_entrypoint.sh"]
CMD ["/bin/bash"]
`;
  await must(["docker", "build", "--quiet", "--tag", nvidia, "-"], { stdin: dockerfile });
  const image = await build("cuda-12-9-1-cudnn-runtime-24-04", `docker-image://${nvidia}`);
  await withImage(image, async (options) => {
    await using container = await boot({ ...options, env: { SSH_PORT: "22" } });
    await container.waitReady();
    expect(
      await container.sh(
        'echo "$XPU_TARGET $CUDA_VERSION $CUDA_LEVEL $CUDNN_VERSION $NVIDIA_VISIBLE_DEVICES"',
      ),
    ).toBe("NVIDIA_GPU 12.9.1 cudnn-runtime 9 all");
    expect(await container.sh('echo "$PATH"')).toContain("/usr/local/cuda/bin");
    expect(await container.logs()).not.toContain("nvidia_entrypoint");
  });
  await must(["docker", "rmi", "--force", nvidia]);
});

test.each([
  ["rocm-7-2-4-runtime-24-04", "AMD_GPU 7.2.4 runtime", "rocminfo 7.2.4"],
  // The newer release in the same repository is not taken.
  ["rocm-7-14-0-runtime-24-04", "AMD_GPU 7.14.0 runtime", "amdrocm 7.14.0"],
])(
  "%s: its packages come from a signed repository and are found by PATH and linker",
  async (target, versions, version) => {
    const image = await build(target, BASE, {
      ROCM_RADEON_URL: `${address}/rocm`,
      ROCM_THEROCK_URL: `${address}/therock`,
    });
    await withImage(image, async (options) => {
      await using container = await boot(options);
      await container.waitReady();
      expect(await container.sh('echo "$XPU_TARGET $ROCM_VERSION $ROCM_LEVEL"')).toBe(versions);
      expect(await container.sh("rocminfo")).toBe(version);
      expect(
        await container.sh('test -d "$(cat /etc/ld.so.conf.d/rocm.conf)"; getent group render | cut -d: -f1'),
      ).toBe("render");
      expect(
        await container.sh("find /var/lib/apt/lists /tmp /root/.gnupg -type f -size +0 2>/dev/null | wc -l"),
      ).toBe("0");
    });
  },
);

test("a level that a repository does not have is refused with its name", async () => {
  const args = { ROCM_LEVEL: "complete", ROCM_RADEON_URL: `${address}/rocm` };
  const outcome = await build("rocm-7-2-4-core-24-04", BASE, args).catch(String);
  expect(outcome).toContain('ROCM_LEVEL: expected one that radeon has, got "complete"');
});

test("a plain docker build gives the CPU image", async () => {
  const image = `ai-dock:${RUN_ID}-plain`;
  const contexts = { base: BASE, tools: tempFolder(), binary: "dist" };
  const argv = Object.entries(contexts).flatMap(([name, value]) => ["--build-context", `${name}=${value}`]);
  await must(["docker", "build", "--quiet", "--target", "image", "--tag", image, ...argv, "."], {
    cwd: ROOT,
  });
  await withImage(image, async (options) => {
    await using container = await boot(options);
    await container.waitReady();
    expect(await container.sh('echo "$XPU_TARGET"')).toBe("CPU");
  });
});

test("every file of the test image belongs to root, and none of the system's is for all to write", async () => {
  const script =
    "find / -xdev \\( -nouser -o -perm -0002 ! -perm -1000 ! -type l \\) -not -path '/proc/*' -not -path '/dev/*' -not -path '/sys/*'";
  expect(await must(["docker", "run", "--rm", "--entrypoint", "bash", IMAGE, "-c", script])).toBe("");
});
