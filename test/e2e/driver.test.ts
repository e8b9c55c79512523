import { describe, expect, test } from "bun:test";
import { type BootOptions, boot } from "./harness.ts";

/** A node that can be opened stands in for each of NVIDIA's: nothing here asks it for more. */
const nodes = ["nvidiactl", "nvidia0", "nvidia-uvm"].map((name) => `/dev/null:/dev/${name}`);
const LIBRARIES = "/usr/lib/x86_64-linux-gnu";

/** What the boot and what doctor say about the driver. */
async function told(options: BootOptions): Promise<{ lines: string[]; doctor: string[] }> {
  await using container = await boot(options);
  await container.waitReady();
  const log = await container.waitLog(/ init ready[ ,]/);
  const lines = log.split("\n").flatMap((line) => / warn driver (.*)/.exec(line)?.[1] ?? []);
  const { stdout } = await container.exec(["ai-dock", "doctor", "--json"]);
  const results = JSON.parse(stdout) as { name: string; message: string }[];
  return { lines, doctor: results.filter(({ name }) => name === "gpu").map(({ message }) => message) };
}

describe("a container with GPUs of NVIDIA's", () => {
  test("without the capability utility is told so", async () => {
    const { lines, doctor } = await told({
      devices: nodes,
      env: { NVIDIA_DRIVER_CAPABILITIES: "compute" },
      files: { [`${LIBRARIES}/libcuda.so.1`]: "" },
    });
    const message =
      "no libnvidia-ml.so.1: nobody can tell load, memory and health (NVIDIA_DRIVER_CAPABILITIES=compute)";
    expect(lines).toEqual([`${message}; NVIDIA_DRIVER_CAPABILITIES=compute,utility`]);
    expect(doctor).toEqual([message]);
  });

  test("whose control device the kernel forbids is told so, and nothing else", async () => {
    // A device that no container may open, made with the right to make it alone.
    const forbidden = "/dev/kmsg:/dev/nvidiactl:m";
    const { lines, doctor } = await told({ devices: [forbidden, ...nodes.slice(1)] });
    const message =
      'the device rules of this container forbid /dev/nvidiactl, as after "systemctl daemon-reload" on the host';
    expect(lines).toEqual([expect.stringContaining(message)]);
    expect(doctor).toEqual([message]);
  });

  test("that cannot be opened is told so", async () => {
    // A number for local use, which no driver has taken.
    const { lines, doctor } = await told({
      devices: nodes.filter((node) => !node.includes("nvidia0")),
      more: ["--device-cgroup-rule", "c 240:* rwm"],
      files: { [`${LIBRARIES}/libcuda.so.1`]: "", [`${LIBRARIES}/libnvidia-ml.so.1`]: "" },
      entrypoint: "/bin/sh",
      cmd: ["-c", "mknod /dev/nvidia0 c 240 77 && exec /opt/ai-dock/bin/init.sh"],
    });
    expect(lines).toEqual([
      expect.stringContaining("/dev/nvidia0 cannot be opened: No such device or address"),
    ]);
    expect(lines).toEqual([expect.stringContaining("rent another machine")]);
    expect(doctor).toEqual([
      expect.stringContaining("/dev/nvidia0 cannot be opened: No such device or address"),
    ]);
  });
});

test("a container without a GPU says nothing of drivers", async () => {
  const { lines, doctor } = await told({ env: { CUDA_VERSION: "13.0.0" } });
  expect({ lines, doctor }).toEqual({ lines: [], doctor: ["none, and none is needed"] });
});
