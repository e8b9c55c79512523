import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A tree with the given files; `-> target` makes a link. */
export function tree(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "driver-"));
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    if (content.startsWith("-> ")) symlinkSync(content.slice(3), path);
    else writeFileSync(path, content);
  }
  return root;
}

const LIBRARIES = "usr/lib/x86_64-linux-gnu";

/** A library as the container toolkit puts it there. */
export const library = (name: string, version: string, folder = LIBRARIES): Record<string, string> => ({
  [`${folder}/${name}.so.${version}`]: "",
  [`${folder}/${name}.so.1`]: `-> ${name}.so.${version}`,
});

/** What a container with one GPU of NVIDIA's sees. */
export const container = (version: string): Record<string, string> => ({
  "dev/nvidiactl": "",
  "dev/nvidia-uvm": "",
  "dev/nvidia0": "",
  "proc/driver/nvidia/version": `NVRM version: NVIDIA UNIX x86_64 Kernel Module  ${version}  Thu Feb 22 01:44:30 UTC 2024\nGCC version:  gcc version 12.3.0\n`,
  "proc/driver/nvidia/gpus/0000:01:00.0/information":
    "Model: \t\t NVIDIA H100 80GB HBM3\nIRQ:   \t\t 18\nDevice Minor: \t 0\n",
  ...library("libcuda", version),
  ...library("libnvidia-ml", version),
});
